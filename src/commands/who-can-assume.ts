import { Args, Flags } from '@oclif/core';
import { PodIamCommand } from '../cli/base.ts';
import { connect } from '../cli/connect.ts';
import { type Policy, parsePolicy } from '../model/policy.ts';
import { usageProblem } from '../model/problem.ts';
import { readPolicyFile } from '../trust-policy/input.ts';
import { renderWho, type WhoCan, whoCanAssume } from '../trust-policy/who.ts';

export default class WhoCanAssume extends PodIamCommand<typeof WhoCanAssume> {
  static override summary =
    'Show who can become a role: those that its trust policy names, and who can become them.';
  static override description =
    'Reads the trust policies of all roles of the account, and which workloads are annotated with the role. It shows ' +
    'what trust policies let in; whether the callers’ own policies allow it too is marked, not judged.';
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
    'system-namespace': Flags.string({ summary: 'Namespace of the proxy.', default: 'pod-iam' }),
  };

  async run(): Promise<WhoCan & { workloads: string[] | null }> {
    const { policy } = this.flags;
    const found = policy === undefined ? await this.#live() : await this.#fromFile(policy);
    this.log(renderWho(found, found.workloads));
    return found;
  }

  async #fromFile(path: string): Promise<WhoCan & { workloads: null }> {
    const { parsed } = await readPolicyFile(path, process.stdin);
    const { role } = this.args;
    return { ...whoCanAssume(role, new Map([[role, parsed.policy]])), workloads: null };
  }

  async #live(): Promise<WhoCan & { workloads: string[] | null }> {
    const { profile, region, cluster, 'system-namespace': systemNamespace } = this.flags;
    const { connectAws } = await import('../aws/clients.ts');
    const { readRole } = await import('../trust-policy/apply.ts');
    const { readChain } = await import('../doctor/chains.ts');
    const aws = await connectAws({ profile, region, env: process.env });
    this.progress.step('reading the trust policies of the account');
    const role = await readRole(aws, this.args.role);
    const policies = new Map<string, Policy>();
    for (const { arn, trustPolicy } of [...(await aws.roles()), role]) {
      const { policy } = parsePolicy(trustPolicy);
      if (policy !== null) policies.set(arn, policy);
    }
    if (!policies.has(role.arn))
      throw usageProblem({ code: 'BAD_POLICY', what: `IAM gave no trust policy for ${role.arn}` });
    const kube = cluster ? await connect(this.flags) : null;
    const sources = { kube, aws, nodeRoles: [], systemNamespace, progress: this.progress };
    const { workloads } = await readChain(role, sources);
    this.progress.end();
    return { ...whoCanAssume(role.arn, policies), workloads };
  }
}
