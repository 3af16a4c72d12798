// Which flags the wizard hands on to the daemon and into pod-iam.yaml, and where each came from.
import { DAEMON_FLAGS } from '../model/daemon-flags.ts';
import { usageProblem } from '../model/problem.ts';
import type { Answer, AnswerName, Answers } from '../wizard/answers.ts';
import type { ConfigEntry } from '../wizard/config-text.ts';
import type { Detected } from '../wizard/detected.ts';
import type { Origin } from './config.ts';

type Flags = Readonly<Record<string, unknown>>;
type Origins = Readonly<Record<string, Origin>>;

const ANSWERS: readonly AnswerName[] = ['role', 'base-role-arn', 'node-role', 'region'];
const INSTALL_FLAGS = ['system-namespace', 'delivery', 'image', 'redirect-image', 'aws-secret'];
/** Answers have lines of their own, and a path of this machine belongs in no shared file. */
const NOT_WRITTEN = [...ANSWERS, 'kubeconfig'];

/** The wizard's questions that flags, environment or file have answered. */
export function givenAnswers(flags: Flags, origins: Origins): Answer[] {
  return ANSWERS.flatMap((name): Answer[] => {
    const value = flags[name];
    if (value === undefined) return [];
    return [
      { name, values: Array.isArray(value) ? value : [String(value)], origin: origins[name] ?? 'flag' },
    ];
  });
}

/** Throws a usage Problem for a secret, which must not end in a file. */
export function refuseSecrets(flags: Flags): void {
  if (flags['api-token'] === undefined) return;
  throw usageProblem({
    code: 'USAGE',
    what: '--api-token is a secret, and init writes files',
    next: 'give it to pod-iam install',
  });
}

/** All flags of an installation: what was given, over what kube2iam was told, with the answers. */
export function installFlags(flags: Flags, detected: Detected, answers: Answers): Record<string, unknown> {
  const given = Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
  const merged: Record<string, unknown> = { ...detected.peerFlags?.value, ...given };
  for (const name of ['base-role-arn', 'region'] as const) {
    const value = answers[name]?.values[0];
    if (value !== undefined) merged[name] = value;
  }
  if (merged['base-role-arn'] !== undefined) delete merged['auto-discover-base-arn'];
  return merged;
}

/** The lines of pod-iam.yaml besides the answers. */
export function settingEntries(merged: Flags, origins: Origins, detected: Detected): ConfigEntry[] {
  const names = [...DAEMON_FLAGS.map(({ name }) => name), ...INSTALL_FLAGS];
  return names.flatMap((key): ConfigEntry[] => {
    const value = merged[key];
    if (NOT_WRITTEN.includes(key) || (typeof value !== 'string' && typeof value !== 'boolean')) return [];
    const origin = origins[key];
    if (origin !== undefined && origin !== 'default') return [{ key, value, origin }];
    const isPeers = detected.peerFlags !== null && key in detected.peerFlags.value;
    return isPeers ? [{ key, value, origin: `detected: ${detected.peerFlags!.from}` }] : [];
  });
}
