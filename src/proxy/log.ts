// The daemon's log: one JSON object per line on stdout. Each issuance and each refusal is one line,
// a hit in the cache is none, and no line holds a secret.
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { harmlessJson } from '../model/printed-json.ts';

export type Log = Logger;

/** Without a transport on purpose: pino's worker threads do not survive bundling. */
export function createLog(
  level: string,
  destination: DestinationStream = pino.destination({ dest: 1, sync: true }),
): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    // What pods and API servers say stands in it, and `kubectl logs` prints it as it is.
    { write: (line) => destination.write(harmlessJson(line)) },
  );
}

/** The text of whatever was thrown, without its stack. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node gathers the attempts of one connection in an AggregateError whose own message is empty.
  if (error instanceof AggregateError && error.message === '')
    return error.errors.map((inner) => messageOf(inner)).join('; ');
  return error.message;
}
