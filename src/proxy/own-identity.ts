// Who the daemon itself is at AWS: the identity that every role's trust policy has to let in. Asked
// at the start and every hour, and logged, so that the doctor can read it.
import { parseArn, parseSessionArn } from '../model/arn.ts';
import { type BackOff, backOffMs } from './back-off.ts';
import { type Log, messageOf } from './log.ts';
import { Waiters } from './who/waiters.ts';

export interface Self {
  arn: string;
  partition: string;
  account: string;
  /** Null for a user. The path is not known: STS drops it. */
  roleName: string | null;
}

const HOUR_MS = 3_600_000;
const FAILED: BackOff = { firstMs: 1_000, mostMs: 60_000 };

export class OwnIdentity {
  readonly #ask: () => Promise<string>;
  readonly #log: Log;
  /** The doctor lives on this line, so it comes at `--log-level=warn` too. */
  readonly #told: Log;
  readonly #onChange: () => void;
  readonly #waiters = new Waiters();
  #self: Self | null = null;
  #failure: string | null = 'STS has not been asked yet';
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** @param ask GetCallerIdentity; resolves to the ARN */
  constructor(ask: () => Promise<string>, log: Log, onChange: () => void) {
    this.#ask = ask;
    this.#log = log;
    this.#told = log.level === 'silent' ? log : log.child({}, { level: 'info' });
    this.#onChange = onChange;
    void this.#round(0);
  }

  get self(): Self | null {
    return this.#self;
  }

  /** Who the daemon is, waiting for it no longer than this; null when it is not known by then. */
  async known(waitMs: number): Promise<Self | null> {
    if (!this.#self && waitMs > 0) await this.#waiters.wait('self', waitMs);
    return this.#self;
  }

  get failure(): string | null {
    return this.#failure;
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #round(failures: number): Promise<void> {
    let nextMs = HOUR_MS;
    try {
      const arn = await this.#ask();
      const isNew = arn !== this.#self?.arn;
      const parsed = parseArn(arn);
      this.#self = {
        arn,
        partition: parsed?.partition ?? 'aws',
        account: parsed?.account ?? '',
        roleName: parseSessionArn(arn)?.roleName ?? null,
      };
      this.#failure = null;
      this.#told.info({ arn }, 'identity');
      if (isNew) this.#onChange();
      this.#waiters.wake('self');
      failures = 0;
    } catch (error) {
      const why = messageOf(error);
      if (why !== this.#failure) this.#log.warn({ why }, 'own identity not known');
      this.#failure = why;
      nextMs = backOffMs(FAILED, failures++);
    }
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#round(failures), nextMs);
    this.#timer.unref();
  }
}
