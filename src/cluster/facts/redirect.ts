// What the keeper of a node's redirect has last seen besides its rule, by its own log.
import { LOOK_TOLD_MS, LOOKED_AROUND, type RedirectWarning } from '../../model/redirect-warning.ts';
import { type Fact, known, unknownFact } from '../../model/snapshot.ts';
import type { Kube, KubeObject } from '../kube.ts';
import { unreadFact } from './unread.ts';

const CONTAINER = 'redirect';
/** A keeper that lives has said it again by now. */
const MAX_AGE_MS = 2 * LOOK_TOLD_MS;

/** @param pod a daemon's. Null when it keeps no redirect */
export async function readRedirect(kube: Kube, pod: KubeObject): Promise<Fact<RedirectWarning[]> | null> {
  const { containers = [] } = (pod.spec ?? {}) as { containers?: { name: string }[] };
  if (!containers.some(({ name }) => name === CONTAINER)) return null;
  const { namespace = '', name } = pod.metadata;
  const from = `the log of ${namespace}/${name}, container ${CONTAINER}`;
  try {
    const log = await kube.log(namespace, name, { container: CONTAINER, tailLines: 5000 });
    const line = log.split('\n').findLast((text) => text.includes(`"msg":"${LOOKED_AROUND}"`));
    return line === undefined
      ? unknownFact('the keeper of the redirect has not told what else it saw', from)
      : readLine(line, from);
  } catch (error) {
    return unreadFact(error, from);
  }
}

function readLine(line: string, from: string): Fact<RedirectWarning[]> {
  let told: { time?: string; warnings?: unknown; why?: string };
  try {
    told = JSON.parse(line) as typeof told;
  } catch {
    return unknownFact('what the keeper of the redirect has told is cut off', from);
  }
  // Not `>`: a time that cannot be read is too old as well.
  if (!(Date.now() - Date.parse(told.time ?? '') < MAX_AGE_MS))
    return unknownFact(`the keeper of the redirect has last looked around at ${told.time}`, from);
  if (Array.isArray(told.warnings) && told.warnings.every(isWarning)) return known(told.warnings, from);
  return unknownFact(
    `the keeper of the redirect could not look around: ${told.why ?? 'no reason is given'}`,
    from,
  );
}

function isWarning(value: unknown): value is RedirectWarning {
  const { check, why } = (value ?? {}) as Partial<RedirectWarning>;
  return (check === 'NW004' || check === 'NW013') && typeof why === 'string';
}
