// What every operation of the emulated API works on, and what each request says about itself.
import type { Caller, Callers } from './access/callers.ts';
import type { PodLogs } from './logs.ts';
import type { Store } from './store/store.ts';

export interface Core {
  store: Store;
  callers: Callers;
  logs: PodLogs;
}

export interface WriteOptions {
  caller: Caller;
  /** Everything happens but the storing. */
  isDryRun: boolean;
  /** Who owns the fields that are written. */
  manager: string;
  subresource: '' | 'status';
  /** How unknown fields are taken: an error, a warning or nothing. */
  fieldValidation: 'Strict' | 'Warn' | 'Ignore';
  /** Receives the warnings that the answer's headers carry. */
  warn: (text: string) => void;
}
