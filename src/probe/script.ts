// The script of a diagnostic pod, and what it reads from its environment.
import { readFileSync } from 'node:fs';

/** Format of the script's lines; parse refuses any other. */
export const SCRIPT_FORMAT = '1';

/** The environment variables that templates/probe/probe.sh reads; it says what each one means. */
export interface ScriptInput {
  PROBE_KIND: 'identity' | 'bare';
  PROBE_METADATA: string;
  PROBE_OWN_ROLE: string;
  PROBE_OTHER_ROLE: string;
  PROBE_STS: string;
  PROBE_REGION: string;
  PROBE_CONTAINER: string;
  PROBE_CONTAINER_TOKEN: string;
  PROBE_CONTAINER_OTHER: string;
}

/** The whole script, for `sh -c`. Read when first needed, so that no other command pays for it. */
export function probeScript(): string {
  return readFileSync(new URL('../../templates/probe/probe.sh', import.meta.url), 'utf8');
}
