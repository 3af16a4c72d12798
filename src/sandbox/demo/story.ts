// The story of the demo: what is run, how it must end, and what that proves. Proofs look at the
// emulated world itself wherever they can, not at what a command says of its own work.
import type { Report } from '../../model/finding.ts';
import { BROKEN_ROLE, NODE_ROLE, OLD_NODE_ROLE, RIGHT_ROLES } from '../account.ts';
import { installWords } from '../hints.ts';
import { BARE_WORKLOAD, SHOP } from '../shop.ts';
import type { World } from '../world.ts';
import * as facts from './facts.ts';

export interface Step {
  title: string;
  /** What happens and why, in a few plain lines. */
  why: string[];
  words: string[];
  exitCode: number;
  /** The report that the command writes beside what it prints; null when it makes none. */
  reportFile: string | null;
  /** What is proven, in one sentence each. Throws a StoryFault when it is not so. */
  prove(world: World, report: Report | null): string[];
}

const ALL_ROLES = [...RIGHT_ROLES, BROKEN_ROLE];

export function story(world: World): Step[] {
  const nodeRole = facts.roleArn(NODE_ROLE);
  return [
    {
      title: 'Install the proxy on both nodes',
      why: [
        'A daemon on each node will answer for the metadata service: a rule on the node leads',
        "every pod's question to it, and it assumes the one role that the pod is annotated with.",
        'The command shows what it changes, waits for the nodes, and asks from a pod on each.',
      ],
      words: installWords(world.aws.url),
      exitCode: 0,
      reportFile: null,
      prove: () => facts.installed(world),
    },
    {
      title: 'Verify every workload from inside the cluster',
      why: [
        'For each annotated workload a diagnostic pod asks for credentials as an SDK does, and asks',
        'STS who it is. Beside it, pods without a role try to get at credentials, and must fail.',
        `One workload is broken, so this is expected to fail: exit code 1.`,
      ],
      words: ['verify', '-o', 'human', '-o', 'json=verify-1.json'],
      exitCode: 1,
      reportFile: 'verify-1.json',
      prove: (_world, report) => [
        ...facts.provenBySts(world, RIGHT_ROLES),
        ...facts.workloads(report!, { right: RIGHT_ROLES, broken: [BROKEN_ROLE] }),
      ],
    },
    {
      title: 'Ask the doctor what is wrong',
      why: [
        'It reads the cluster and the roles in IAM, and changes nothing. The trust policy of role',
        `"${BROKEN_ROLE}" names the role of nodes that were replaced long ago. STS says only "AccessDenied";`,
        'the doctor says which statement fails, why, and what the whole policy should read.',
      ],
      words: ['doctor', '-o', 'human', '-o', 'json=doctor.json'],
      exitCode: 1,
      reportFile: 'doctor.json',
      prove: (_world, report) => facts.diagnosed(report!, { role: BROKEN_ROLE, nodeRole }),
    },
    {
      title: 'Repair the trust policy',
      why: [
        'The very command that the doctor printed. It adds one statement, keeps what was there,',
        'and leaves the old document in a file.',
      ],
      words: ['trust-policy', 'apply', '--role', BROKEN_ROLE, '--node-role', nodeRole, '--yes'],
      exitCode: 0,
      reportFile: null,
      prove: () => facts.repaired(world, { role: BROKEN_ROLE, nodeRole, kept: facts.roleArn(OLD_NODE_ROLE) }),
    },
    {
      title: 'Verify again',
      why: ['Nothing was restarted. Now every workload must get exactly its own role.'],
      words: ['verify', '-o', 'human', '-o', 'json=verify-2.json'],
      exitCode: 0,
      reportFile: 'verify-2.json',
      prove: (_world, report) => [
        ...facts.provenBySts(world, ALL_ROLES),
        ...facts.workloads(report!, { right: ALL_ROLES, broken: [] }),
        ...facts.neverLeaked(world),
      ],
    },
    {
      title: 'Uninstall',
      why: [
        'The rule is removed on each node and read back, before the objects go. Afterwards the',
        'emulated nodes and the API server are searched for anything that is left.',
      ],
      words: ['uninstall', '--yes'],
      exitCode: 0,
      reportFile: null,
      prove: () => facts.nothingLeft(world),
    },
  ];
}

export const cast = (world: World): string[] => [
  `Cluster   ${world.nodes.map(({ name }) => name).join(' and ')}; their pods are processes on this machine, each with an address of its own`,
  `AWS       account ${facts.ACCOUNT}; STS checks every signature, and every trust policy`,
  `Node role ${facts.roleArn(NODE_ROLE)} may assume other roles and do nothing else`,
  `Workloads ${ALL_ROLES.map((name) => `${SHOP}/${name}`).join(', ')}: each annotated with the role of its name`,
  `          ${SHOP}/${BARE_WORKLOAD}: no annotation, so no role`,
];
