// The daemon's flags as flags of a command, so that install, upgrade and manifests take every one of them.
import { Flags, type Interfaces } from '@oclif/core';
import {
  checkDaemonValues,
  DAEMON_FLAGS,
  type DaemonFlag,
  type DaemonValues,
} from '../model/daemon-flags.ts';

type AnyFlag = Interfaces.FlagInput[string];

/** The command line's own flags of the same name: the region is shared, the kubeconfig is not handed on. */
const shared = ['region', 'kubeconfig'];

/** Without defaults: what is not given keeps the daemon's own, or what is installed. */
export const daemonFlags: Interfaces.FlagInput = Object.fromEntries(
  DAEMON_FLAGS.filter(({ name }) => !shared.includes(name)).map((flag) => [flag.name, commandFlag(flag)]),
);

/**
 * The values that were given, over those of `base`.
 * @throws Problem of kind usage for a value that the daemon would refuse
 */
export function daemonValuesOf(flags: Record<string, unknown>, base: DaemonValues): DaemonValues {
  const names = DAEMON_FLAGS.map(({ name }) => name).filter((name) => name !== 'kubeconfig');
  const given = names.filter((name) => flags[name] !== undefined).map((name) => [name, flags[name]]);
  const values = { ...base, ...Object.fromEntries(given) } as DaemonValues;
  checkDaemonValues(values);
  return values;
}

function commandFlag({ type, default: standard, summary, options }: DaemonFlag): AnyFlag {
  const helpGroup = 'DAEMON';
  if (type === 'boolean') return Flags.boolean({ summary, helpGroup, allowNo: true });
  const shown = typeof standard === 'string' ? ` Default: ${standard}.` : '';
  return Flags.string({ summary: summary + shown, helpGroup, ...(options && { options: [...options] }) });
}
