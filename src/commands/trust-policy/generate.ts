import { Flags } from '@oclif/core';
import { PodIamCommand } from '../../cli/base.ts';
import { nodeRolesOf } from '../../cli/node-roles.ts';
import { proxyFlag } from '../../cli/proxy-flag.ts';
import { visible } from '../../model/visible.ts';
import { generateTrustPolicy } from '../../trust-policy/generate.ts';
import { idleFlags, optionsOf } from '../../trust-policy/generate-options.ts';
import { warningsOn } from '../../trust-policy/generate-warnings.ts';
import { IAM_FORMS, renderIamSide } from '../../trust-policy/iam-side.ts';
import { assertFits, DEFAULT_QUOTA } from '../../trust-policy/size.ts';

export default class Generate extends PodIamCommand<typeof Generate> {
  static override summary = 'Print a trust policy that lets pods have a role, as narrow as the mode allows.';
  static override examples = [
    '<%= config.bin %> trust-policy generate --mode proxy --role blue --node-role arn:aws:iam::111122223333:role/node',
    '<%= config.bin %> trust-policy generate --role blue --cluster',
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
    cluster: Flags.boolean({
      summary:
        "proxy: find the nodes' roles in the cluster: by the daemons, the nodes' instance profiles, aws-auth or EKS's access entries. Default: where nothing else names them.",
      allowNo: true,
    }),
    ...proxyFlag,
    account: Flags.string({ summary: "The role's account.", helpValue: 'ID' }),
    partition: Flags.string({
      summary: "AWS partition. Default: the role's, or that of those who are let in, else aws.",
    }),
    'external-id': Flags.string({ summary: 'proxy: external id that the pods carry as an annotation.' }),
    organisation: Flags.string({
      summary: "proxy: id of the organisation that the nodes' account must be in.",
      helpValue: 'ID',
    }),
    'session-name': Flags.string({
      summary:
        'proxy: pattern that session names must fit, such as shop.* (the proxy names them after namespace and pod).',
      helpValue: 'PATTERN',
    }),
    as: Flags.option({
      summary:
        "What to print: the document alone, or the whole IAM side, with the nodes' own policy, as AWS CLI commands, a CloudFormation template or Terraform.",
      options: IAM_FORMS,
      default: 'json' as const,
    })(),
    'size-quota': Flags.integer({
      summary: "The account's quota on a trust policy, in characters without white space.",
      min: 1,
      default: DEFAULT_QUOTA,
    }),
    issuer: Flags.string({ summary: "irsa: the cluster's issuer URL, or the ARN of its OIDC provider." }),
    audience: Flags.string({ summary: 'irsa: audience of the tokens.', default: 'sts.amazonaws.com' }),
    'service-account': Flags.string({
      summary: 'irsa, pod-identity: service account, as NAME or NAMESPACE/NAME.',
    }),
    'cluster-arn': Flags.string({ summary: 'pod-identity: ARN of the EKS cluster.', helpValue: 'ARN' }),
  };

  async run(): Promise<void> {
    const { options, role } = optionsOf(await this.#withNodeRoles());
    const document = generateTrustPolicy(options);
    assertFits(document, this.flags['size-quota']);
    for (const warning of [...idleFlags(this.flags), ...warningsOn(options, role)])
      process.stderr.write(`Note: ${visible(warning)}\n`);
    const side = {
      role,
      trustPolicy: document,
      isAccountKnown: this.flags.role.startsWith('arn:') || Boolean(this.flags.account),
      nodeIdentities: options.mode === 'proxy' ? options.nodeIdentities : [],
    };
    process.stdout.write(renderIamSide(side, this.flags.as));
  }

  /** With an account alone the policy trusts all of it, and nobody needs to be asked. */
  async #withNodeRoles(): Promise<typeof this.flags> {
    const { mode, account, role, cluster, 'node-role': named = [] } = this.flags;
    const isOpen = mode === 'proxy' && named.length === 0;
    const isAccountKnown = account !== undefined || role.startsWith('arn:');
    if (!isOpen || !(cluster ?? !isAccountKnown)) return this.flags;
    const say = (line: string): void => void process.stderr.write(`${visible(line)}\n`);
    return { ...this.flags, 'node-role': await nodeRolesOf(this.flags, { progress: this.progress, say }) };
  }
}
