// The identities of the nodes for a command to which none were named: found in the cluster, else asked for.
import type { FoundNodeRoles } from '../doctor/node-roles.ts';
import { Problem, usageProblem } from '../model/problem.ts';
import type { Progress } from '../model/progress.ts';
import { readNodeIdentity } from '../trust-policy/identity.ts';
import { connect, connectToAws } from './connect.ts';
import { askText, hasTerminal } from './prompts.ts';

export interface NodeRoleFlags {
  kubeconfig?: string | undefined;
  context?: string | undefined;
  profile?: string | undefined;
  region?: string | undefined;
  'system-namespace': string;
  /** True: it was asked for, so that a cluster that is not there is worth a word. */
  cluster?: boolean | undefined;
}

/**
 * Says on stderr what was found and by what.
 * @throws Problem of kind usage, with why each source told nothing, when there is no terminal to ask at
 */
export async function nodeRolesOf(
  flags: NodeRoleFlags,
  { progress, say }: { progress: Progress; say(line: string): void },
): Promise<string[]> {
  const { arns, from, notes } = await search(flags, progress);
  progress.end();
  if (arns.length > 0) {
    for (const arn of arns) say(`Found: the nodes are ${arn} (${from})`);
    return arns;
  }
  if (hasTerminal()) {
    for (const note of notes) say(`Note: not told by ${note}`);
    const flagName = '--node-role';
    return [await askText('ARN of the role that the nodes carry?', { flagName, validate: complaint })];
  }
  throw usageProblem({
    code: 'USAGE',
    what: 'the identity of the nodes is missing',
    ...(notes.length > 0 && { why: `the cluster does not tell it: ${notes.join('; ')}` }),
    next: 'give --node-role ARN',
  });
}

async function search(flags: NodeRoleFlags, progress: Progress): Promise<FoundNodeRoles> {
  const { findNodeRoles } = await import('../doctor/node-roles.ts');
  const { 'system-namespace': systemNamespace } = flags;
  try {
    const kube = await connect(flags);
    progress.step('looking for the identity of the nodes');
    const aws = await connectToAws(flags);
    return await findNodeRoles({ kube, aws, systemNamespace });
  } catch (error) {
    if (!(error instanceof Problem) || error.kind !== 'environment') throw error;
    const notes = error.code === 'NO_KUBECONFIG' && !flags.cluster ? [] : [error.message];
    return { arns: [], from: '', notes };
  }
}

function complaint(text: string): string | null {
  try {
    readNodeIdentity(text);
    return null;
  } catch (error) {
    if (error instanceof Problem) return `${error.message}: ${error.why}`;
    throw error;
  }
}
