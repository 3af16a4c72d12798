import { Flags } from '@oclif/core';
import { PodIamCommand } from '../../cli/base.ts';
import { resolveRole } from '../../model/arn.ts';
import { usageProblem } from '../../model/problem.ts';
import { generateTrustPolicy, type TrustOptions } from '../../trust-policy/generate.ts';
import { warningsOn } from '../../trust-policy/generate-warnings.ts';

export default class Generate extends PodIamCommand<typeof Generate> {
  static override summary = 'Print a trust policy that lets pods have a role, as narrow as the mode allows.';
  static override examples = [
    '<%= config.bin %> trust-policy generate --mode proxy --role blue --node-role arn:aws:iam::111122223333:role/node',
    '<%= config.bin %> trust-policy generate --mode irsa --role blue --account 111122223333 --issuer https://oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE -n shop --service-account web',
  ];
  static override flags = {
    mode: Flags.option({
      summary:
        'How pods get the role: by the proxy on their node, by a service account token, or by EKS Pod Identity.',
      options: ['proxy', 'irsa', 'pod-identity'] as const,
      default: 'proxy' as const,
    })(),
    role: Flags.string({
      summary: 'The role that carries the policy: name, path/name or ARN.',
      required: true,
    }),
    'node-role': Flags.string({
      summary: 'proxy: ARN of the role that the nodes carry (a session or a user, too).',
      helpValue: 'ARN',
      multiple: true,
      multipleNonGreedy: true,
    }),
    account: Flags.string({ summary: "The role's account.", helpValue: 'ID' }),
    partition: Flags.string({ summary: 'AWS partition.', default: 'aws' }),
    'external-id': Flags.string({ summary: 'proxy: external id that the pods carry as an annotation.' }),
    issuer: Flags.string({ summary: "irsa: the cluster's issuer URL, or the ARN of its OIDC provider." }),
    audience: Flags.string({ summary: 'irsa: audience of the tokens.', default: 'sts.amazonaws.com' }),
    'service-account': Flags.string({
      summary: 'irsa, pod-identity: service account, as NAME or NAMESPACE/NAME.',
    }),
    'cluster-arn': Flags.string({ summary: 'pod-identity: ARN of the EKS cluster.', helpValue: 'ARN' }),
  };

  async run(): Promise<void> {
    const { role, account, partition } = this.flags;
    const resolved = resolveRole(role, `arn:${partition}:iam::${account ?? '000000000000'}:role/`);
    if (!resolved.ok)
      throw usageProblem({ code: 'BAD_ROLE', what: `--role "${role}" names no role: ${resolved.why}` });
    const options = this.#options(role.startsWith('arn:') ? resolved.role.account : account);
    const document = generateTrustPolicy(options);
    for (const warning of warningsOn(options, resolved.role)) process.stderr.write(`Note: ${warning}\n`);
    process.stdout.write(document);
  }

  #options(account: string | undefined): TrustOptions {
    const { mode, partition, audience, issuer } = this.flags;
    if (mode === 'proxy') {
      const nodeIdentities = this.flags['node-role'] ?? [];
      return {
        mode,
        nodeIdentities,
        account: account ?? null,
        partition,
        externalId: this.flags['external-id'] ?? null,
      };
    }
    const { namespace, serviceAccount } = this.#serviceAccount();
    if (mode === 'pod-identity')
      return {
        mode,
        account: account ?? null,
        clusterArn: this.flags['cluster-arn'] ?? null,
        namespace,
        serviceAccount,
      };
    if (!issuer) throw missing("the cluster's issuer", '--issuer URL');
    if (!serviceAccount) throw missing('the service account', '--service-account NAME');
    return {
      mode,
      issuer,
      account: account ?? null,
      partition,
      namespace: namespace ?? 'default',
      serviceAccount,
      audience,
    };
  }

  #serviceAccount(): { namespace: string | null; serviceAccount: string | null } {
    const given = this.flags['service-account'];
    const [, namespace, name] = /^([^/:]+)[/:](.+)$/.exec(given ?? '') ?? [];
    return { namespace: namespace ?? this.flags.namespace ?? null, serviceAccount: name ?? given ?? null };
  }
}

const missing = (what: string, flag: string) =>
  usageProblem({ code: 'USAGE', what: `${what} is missing`, next: `give ${flag}` });
