import { Args, Flags } from '@oclif/core';
import type { Aws } from '../aws/aws.ts';
import { PodIamCommand } from '../cli/base.ts';
import { connectIfThere, connectToAws } from '../cli/connect.ts';
import { proxyFlag } from '../cli/proxy-flag.ts';
import { type Policy, parsePolicy } from '../model/policy.ts';
import { EXIT, Problem } from '../model/problem.ts';
import type { RoleFact } from '../model/snapshot.ts';
import { readPolicyFile } from '../trust-policy/input.ts';
import { renderWho, type WhoCan, whoCanAssume } from '../trust-policy/who.ts';
import { type PodsThatCan, podsThatCan } from '../trust-policy/who-pods.ts';

export default class WhoCanAssume extends PodIamCommand<typeof WhoCanAssume> {
  static override summary =
    'Show who can become a role: those that its trust policy names, and who can become them.';
  static override description =
    'Reads the trust policies of all roles of the account, and which workloads are annotated with the role. It shows ' +
    'what trust policies let in; whether the callers’ own policies allow it too is marked, and judged for the nodes.';
  static override examples = [
    '<%= config.bin %> who-can-assume blue',
    '<%= config.bin %> who-can-assume blue --policy blue.json',
  ];
  static override enableJsonFlag = true;
  static override args = {
    role: Args.string({ description: 'Name, path/name or ARN.', required: true }),
  };
  static override flags = {
    policy: Flags.string({
      summary: 'Its trust policy from a file; nobody is asked then.',
      helpValue: 'FILE',
    }),
    cluster: Flags.boolean({ summary: 'Look into the cluster, too.', default: true, allowNo: true }),
    ...proxyFlag,
  };

  async run(): Promise<Answer> {
    const { policy } = this.flags;
    const found = policy === undefined ? await this.#live() : await this.#fromFile(policy);
    this.log(renderWho(found, found.pods));
    for (const line of found.notKnown) this.logToStderr(`Not known: ${line}`);
    if (found.notKnown.length > 0) this.end(EXIT.unchecked);
    return found;
  }

  async #fromFile(path: string): Promise<Answer> {
    const { parsed } = await readPolicyFile(path, process.stdin);
    const { role } = this.args;
    const found = whoCanAssume(role, new Map([[role, parsed.policy]]));
    return { ...found, workloads: null, pods: null, notKnown: [] };
  }

  async #live(): Promise<Answer> {
    const { cluster, 'system-namespace': systemNamespace } = this.flags;
    const { noTrustPolicy, readRole } = await import('../trust-policy/live-role.ts');
    const { readChain } = await import('../doctor/chains.ts');
    const aws = await connectToAws(this.flags);
    this.progress.step('reading the trust policies of the account');
    const role = await readRole(aws, this.args.role);
    const policies = new Map<string, Policy>();
    const { roles, notKnown } = await readRoles(aws);
    for (const { arn, trustPolicy } of [...roles, role]) {
      const { policy } = parsePolicy(trustPolicy);
      if (policy !== null) policies.set(arn, policy);
    }
    const policy = policies.get(role.arn);
    if (policy === undefined) throw noTrustPolicy(role.arn);
    const kube = cluster ? await connectIfThere(this.flags) : null;
    const sources = { kube, aws, nodeRoles: [], systemNamespace, progress: this.progress };
    const { workloads, ...chain } = await readChain(role.arn, sources);
    this.progress.end();
    const pods = workloads === null ? null : podsThatCan({ role: role.arn, policy, workloads, ...chain });
    return { ...whoCanAssume(role.arn, policies), workloads: pods?.workloads ?? null, pods, notKnown };
  }
}

interface Answer extends WhoCan {
  /** Those that the proxy gets it for; null when no cluster was looked into. */
  workloads: string[] | null;
  pods: PodsThatCan | null;
  notKnown: string[];
}

/** Without the right to list them, who can become the named roles in turn is not known. */
async function readRoles(aws: Aws): Promise<{ roles: RoleFact[]; notKnown: string[] }> {
  try {
    return { roles: await aws.roles(), notKnown: [] };
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'AWS_DENIED') throw error;
    const { message, next } = error;
    return {
      roles: [],
      notKnown: [`who can become the roles that it names, in turn: ${message} (${next})`],
    };
  }
}
