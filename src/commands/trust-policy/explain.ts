import { Args, Flags } from '@oclif/core';
import type { Aws } from '../../aws/aws.ts';
import { PodIamCommand } from '../../cli/base.ts';
import { connectIfThere, connectToAws } from '../../cli/connect.ts';
import { proxyFlag } from '../../cli/proxy-flag.ts';
import { EXIT, Problem, usageProblem } from '../../model/problem.ts';
import { type Fact, known, knownOr } from '../../model/snapshot.ts';
import { type Chain, chainOf } from '../../trust-policy/chain.ts';
import { checkOptions } from '../../trust-policy/check-report.ts';
import { drawChain } from '../../trust-policy/draw-chain.ts';
import { type Explanation, explainTrust, renderExplanation } from '../../trust-policy/explain.ts';
import { readPolicyFile } from '../../trust-policy/input.ts';
import type { LiveFacts } from '../../trust-policy/rule.ts';

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
    ...proxyFlag,
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
    const { chains, isUnread, ...explained } =
      file === undefined ? await this.#live(role!) : await this.#fromFile(file);
    for (const chain of chains) this.log(`${drawChain(chain)}\n`);
    if (!isUnread) this.log(renderExplanation(explained));
    this.end(isUnread ? EXIT.unchecked : EXIT.ok);
    return { ...explained, chains };
  }

  async #fromFile(file: string): Promise<Explained> {
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
            chainOf({
              ...{ role: of, roleName: of.name, workloads: null, ownSide: null },
              policy: known(parsed.policy, file),
              nodeIdentity: known(nodeIdentity, '--node-role'),
            }),
          );
    return { ...explanation, chains, isUnread: false };
  }

  /** What may not be read is drawn as unknown. */
  async #live(name: string): Promise<Explained> {
    const { cluster, 'node-role': nodeRoles = [] } = this.flags;
    const { grantFor } = await import('../../aws/errors.ts');
    const { readLiveRole } = await import('../../trust-policy/live-facts.ts');
    const { readChain } = await import('../../doctor/chains.ts');
    const aws = await connectToAws(this.flags);
    this.progress.step(`reading role ${name}`);
    const live = await readLiveRole(aws, name, (arn) =>
      grantFor({ action: 'iam:GetRole', subject: null, resource: arn?.arn ?? 'arn:aws:iam::*:role/*' }),
    );
    const kube = cluster ? await connectIfThere(this.flags) : null;
    const { 'system-namespace': systemNamespace } = this.flags;
    const sources = { kube, aws, nodeRoles, systemNamespace, progress: this.progress };
    const facts = await readChain(live.arn?.arn ?? name, sources);
    this.progress.end();
    const { nodeIdentities, ownSides, workloads, isServed } = facts;
    const identities: Fact<string>[] =
      nodeIdentities.state === 'known'
        ? nodeIdentities.value.map((identity) => known(identity, nodeIdentities.from))
        : [nodeIdentities];
    const chains = identities.map((nodeIdentity) =>
      chainOf({
        ...{ role: live.arn, roleName: live.name, policy: live.policy, workloads, isServed, nodeIdentity },
        ownSide: nodeIdentity.state === 'known' ? (ownSides.get(nodeIdentity.value) ?? null) : null,
      }),
    );
    if (live.fact.state === 'unknown' || live.policy.state === 'unknown' || live.arn === null)
      return { ...NOTHING, chains, isUnread: true };
    const { arn, trustPolicy } = live.fact.value;
    const named = await this.#named(aws, trustPolicy);
    const words = {
      account: live.arn.account,
      role: arn,
      sizeQuota: 2048,
      live: named && { ...named, ownSides },
    };
    const nodes = knownOr(nodeIdentities, []);
    const options = checkOptions({ nodeRoles: nodes, ...words });
    const document = { name: arn, text: trustPolicy, fault: null };
    const explanation = explainTrust(document, live.policy.value, options);
    return { ...explanation, chains, isUnread: false };
  }

  /** Whether those that the document names exist; without the right to ask, nothing is said of it. */
  async #named(aws: Aws, trustPolicy: string): Promise<LiveFacts | null> {
    const { gatherNamed } = await import('../../aws/gather-trust.ts');
    try {
      return await gatherNamed(aws, [trustPolicy], await aws.caller());
    } catch (error) {
      if (error instanceof Problem) return null;
      throw error;
    }
  }
}

const NOTHING: Explanation = { refusal: null, statements: [], needs: [], misreadings: [], findings: [] };

/** `isUnread`: the document could not be read, so that nothing is said of it. */
type Explained = Explanation & { chains: Chain[]; isUnread: boolean };
