// The conformance table as a page of Markdown.
import { type Area, type Case, PEERS } from './case.ts';

const NAMES = Object.keys(PEERS) as (keyof typeof PEERS)[];

export function page(areas: readonly Area[]): string {
  const all = areas.flatMap(({ cases }) => cases);
  const different = all.filter(({ why }) => why !== null).length;
  return `# Beside kube2iam, kiam and metadataproxy

How the daemon of pod-iam behaves in ${all.length} cases, beside what the three do (kube2iam at 4c4a2b4, kiam at 2950404, metadataproxy at 57045cb; from their tests, their source, their issues, or measured) and, where it matters, EC2's own metadata service and the agent of EKS Pod Identity. In ${different} of them it differs on purpose, and the last column says why. Every row is run by \`node scripts/test.ts proxy/conformance\`; this page is made from the same data.

${areas.map(section).join('\n')}`;
}

/** Columns of peers that say nothing in an area are left out. */
function section({ title, cases }: Area): string {
  const peers = NAMES.filter((peer) => cases.some((one) => one[peer] !== null));
  const head = ['case', ...peers.map((peer) => PEERS[peer]), 'pod-iam', 'why'];
  const lines = cases.map((one) => [
    one.what,
    ...peers.map((peer) => one[peer] ?? ''),
    ours(one),
    one.why ?? '',
  ]);
  return `## ${title}\n${[head, head.map(() => '---'), ...lines].map(line).join('\n')}\n`;
}

const ours = ({ ours: text }: Case): string => text;

const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
