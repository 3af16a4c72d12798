// Switches written with a value, `--iptables=true`, as kube2iam's manifests and Go's flags write them;
// oclif itself knows `--iptables` and `--no-iptables` alone.
import { isOff, isOn } from '../model/on-off.ts';
import { usageProblem } from '../model/problem.ts';

type Definitions = Record<string, { type: 'boolean' | 'option'; allowNo?: boolean }>;

/**
 * The same words as oclif takes them.
 * @param next the command to type when a value is neither on nor off
 * @throws Problem of kind usage for such a value
 */
export function spellSwitches(argv: readonly string[], definitions: Definitions, next: string): string[] {
  const end = argv.indexOf('--');
  return argv.flatMap((word, at) => {
    const [, name = '', value = ''] = /^--([^=]+)=(.*)$/s.exec(word) ?? [];
    const flag = definitions[name];
    if (flag?.type !== 'boolean' || (end >= 0 && at > end)) return [word];
    if (isOn(value)) return [`--${name}`];
    if (isOff(value)) return flag.allowNo ? [`--no-${name}`] : [];
    const what = `--${name} is a switch: it takes =true or =false, not "${value}"`;
    throw usageProblem({ code: 'USAGE', what, next });
  });
}
