// The picture of a chain for a terminal of 80 columns, without colour: who asks whom, which link holds
// by whose document, what that comes to, and what to do next.

import { parseRoleArn } from '../model/arn.ts';
import { visible } from '../model/visible.ts';
import { type Chain, few, type Link } from './chain.ts';
import { joined } from './rules/shared.ts';
import { wrap } from './wrap.ts';

const MARKS = { true: '✓ holds   ', false: '✗ MISSING ', unknown: '? unknown ' } as const;

/** ARNs and commands stay on one line, to be copied, though they be longer. */
export function drawChain(chain: Chain): string {
  const { node, role, links } = chain;
  const kind =
    node === null || parseRoleArn(node) ? 'the node\'s role (the "gold" role)' : 'the identity of the proxy';
  return [
    ...wrap('  a pod                  ', podsOf(chain), 25),
    '    │  asks 169.254.169.254, and the proxy on its node answers',
    '    ▼',
    `  ${kind}`,
    `                         ${node ?? '(not known)'}`,
    '    │  sts:AssumeRole: the one who asks needs a policy, the one who is',
    '    ▼  asked for needs a trust policy; they are two documents',
    `  the pod's role         ${role}`,
    '',
    ...links.flatMap(({ holds, text, decidedBy }, index) => [
      ...wrap(`  ${MARKS[`${holds}`]}${index + 1}  `, text, 15),
      ...wrap('               ', `decided by ${decidedBy}`, 15),
    ]),
    '',
    ...wrap('  ', `In short: ${verdict(chain)}`, 2),
    ...links.flatMap(nextLines),
  ]
    .map((line) => visible(line))
    .join('\n');
}

const podsOf = ({ workloads, links }: Chain): string => {
  if (workloads !== null) return workloads.length === 0 ? 'none is annotated' : few(workloads);
  return links.length === 3 ? '(not known)' : 'annotated with the role';
};

function verdict({ role, links, workloads }: Chain): string {
  const name = role.slice(role.lastIndexOf('/') + 1);
  const numbers = (holds: Link['holds']): number[] =>
    links.flatMap((link, index) => (link.holds === holds ? [index + 1] : []));
  const [missing, open] = [numbers(false), numbers('unknown')];
  const isPodAlone = links.length === 3 && missing.join() === '1';
  if (isPodAlone && open.length === 0)
    return (workloads ?? []).length === 0
      ? `nothing stands in the way, but no pod asks for ${name}.`
      : `the roles are in order, but nothing hands ${name} out.`;
  if (missing.length > 0)
    return `without ${linkNames(missing)} no pod becomes ${name}${missing.join() === '1' ? '' : ': STS answers AccessDenied'}.`;
  if (open.length > 0) return `whether pods become ${name} hangs on ${linkNames(open)}.`;
  return `pods that name ${name} become it.`;
}

const linkNames = (numbers: readonly number[]): string =>
  `${numbers.length === 1 ? 'link' : 'links'} ${joined(numbers.map(String))}`;

function nextLines({ holds, next, grant }: Link, index: number): string[] {
  if (holds === true) return [];
  const verb = holds === false ? 'Mend' : 'To know';
  return [
    ...(next === null ? [] : [`  ${verb} ${index + 1}: ${next}`]),
    ...(grant === null
      ? []
      : [
          `  ${verb} ${index + 1}: be allowed to ${grant.needs}, by`,
          ...grant.snippet
            .trimEnd()
            .split('\n')
            .map((line) => `    ${line}`),
        ]),
  ];
}
