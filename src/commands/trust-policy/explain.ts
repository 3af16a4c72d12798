import { Args, Flags } from '@oclif/core';
import { PodIamCommand } from '../../cli/base.ts';
import { connect } from '../../cli/connect.ts';
import { resolveRole } from '../../model/arn.ts';
import { usageProblem } from '../../model/problem.ts';
import { type Chain, chainOf, drawChain } from '../../trust-policy/chain.ts';
import { checkOptions } from '../../trust-policy/check-report.ts';
import { type Explanation, explainTrust, renderExplanation } from '../../trust-policy/explain.ts';
import { readPolicyFile } from '../../trust-policy/input.ts';

export default class Explain extends PodIamCommand<typeof Explain> {
  static override summary =
    'Say in plain sentences who may become the role, when, and what that does not mean; with the nodes, draw who trusts whom.';
  static override description =
    'From a file it asks nobody. With --role alone it reads the role from IAM, the identity of the nodes from the ' +
    'proxies in the cluster, and which workloads are annotated with the role.';
  static override examples = [
    '<%= config.bin %> trust-policy explain blue.json',
    '<%= config.bin %> trust-policy explain blue.json --role blue --node-role arn:aws:iam::111122223333:role/node',
    '<%= config.bin %> trust-policy explain --role blue',
  ];
  static override enableJsonFlag = true;
  static override args = {
    file: Args.string({ description: 'A trust policy as JSON; - is stdin.', ignoreStdin: true }),
  };
  static override flags = {
    account: Flags.string({ summary: "The role's account.", helpValue: 'ID' }),
    role: Flags.string({ summary: 'The role that carries the policy: name, path/name or ARN.' }),
    'node-role': Flags.string({
      summary: 'ARN of the role that the nodes carry. Default, without a file: as the proxies tell.',
      helpValue: 'ARN',
      multiple: true,
      multipleNonGreedy: true,
    }),
    cluster: Flags.boolean({
      summary: 'Without a file: look into the cluster, too.',
      default: true,
      allowNo: true,
    }),
    'system-namespace': Flags.string({ summary: 'Namespace of the proxy.', default: 'pod-iam' }),
  };

  async run(): Promise<Explanation & { chains: Chain[] }> {
    const { file } = this.args;
    const { role } = this.flags;
    if (file === undefined && role === undefined)
      throw usageProblem({
        code: 'USAGE',
        what: 'there is nothing to explain',
        next: 'give a file, or --role NAME to read the role from IAM',
      });
    const explained = file === undefined ? await this.#live(role!) : await this.#fromFile(file);
    for (const chain of explained.chains) this.log(`${drawChain(chain)}\n`);
    this.log(renderExplanation(explained));
    return explained;
  }

  async #fromFile(file: string): Promise<Explanation & { chains: Chain[] }> {
    const { text, name, parsed } = await readPolicyFile(file, process.stdin);
    const { account, role, 'node-role': nodeRoles = [] } = this.flags;
    const words = { account: account ?? null, role: role ?? null, sizeQuota: 2048 };
    const options = checkOptions({ nodeRoles, ...words });
    const explanation = explainTrust({ name, text, fault: null }, parsed.policy, options);
    const of = options.role;
    const chains =
      of === null
        ? []
        : nodeRoles.map((nodeIdentity) =>
            chainOf({ role: of, policy: parsed.policy, nodeIdentity, workloads: null, mayAssume: null }),
          );
    return { ...explanation, chains };
  }

  async #live(name: string): Promise<Explanation & { chains: Chain[] }> {
    const { profile, region, cluster, 'node-role': nodeRoles = [] } = this.flags;
    const { connectAws } = await import('../../aws/clients.ts');
    const { readRole } = await import('../../trust-policy/apply.ts');
    const { readChain } = await import('../../doctor/chains.ts');
    const aws = await connectAws({ profile, region, env: process.env });
    this.progress.step(`reading role ${name}`);
    const fact = await readRole(aws, name);
    const kube = cluster ? await connect(this.flags) : null;
    const { 'system-namespace': systemNamespace } = this.flags;
    const live = await readChain(fact, { kube, aws, nodeRoles, systemNamespace, progress: this.progress });
    this.progress.end();
    const resolved = resolveRole(fact.arn, null);
    const { parsePolicy } = await import('../../model/policy.ts');
    const { policy } = parsePolicy(fact.trustPolicy);
    if (!resolved.ok || policy === null) throw new Error(`IAM gave no trust policy for ${fact.arn}`);
    const { role } = resolved;
    const words = { account: role.account, role: role.arn, sizeQuota: 2048 };
    const options = checkOptions({ nodeRoles: live.nodeIdentities, ...words });
    const document = { name: fact.arn, text: fact.trustPolicy, fault: null };
    const chains = live.nodeIdentities.map((nodeIdentity) =>
      chainOf({
        ...{ role, policy, nodeIdentity, workloads: live.workloads },
        mayAssume: live.mayAssume.get(nodeIdentity) ?? null,
      }),
    );
    return { ...explainTrust(document, policy, options), chains };
  }
}
