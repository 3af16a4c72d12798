// docs/trust-policies.md: ten policies as people have them, each explained by the program itself.
import { parseRoleArn } from '../../src/model/arn.ts';
import { parsePolicy } from '../../src/model/policy.ts';
import { known } from '../../src/model/snapshot.ts';
import { chainOf } from '../../src/trust-policy/chain.ts';
import { drawChain } from '../../src/trust-policy/draw-chain.ts';
import { explainTrust, renderExplanation } from '../../src/trust-policy/explain.ts';
import { OPTIONS } from './helpers.ts';

const HOME = '210987654321';
const NODE = `arn:aws:iam::${HOME}:role/node`;
const ISSUER = 'oidc.eks.eu-west-1.amazonaws.com/id/A1B2C3ED539D4633E53DE1B716D3041E';
const PROVIDER = `arn:aws:iam::${HOME}:oidc-provider/${ISSUER}`;

interface Told {
  title: string;
  /** What somebody thought who wrote it. */
  story: string;
  statement: object;
}

const allow = (principal: unknown, more: object = {}): object => ({
  Effect: 'Allow',
  Principal: principal,
  Action: 'sts:AssumeRole',
  ...more,
});
const token = (condition: object): object =>
  allow({ Federated: PROVIDER }, { Action: 'sts:AssumeRoleWithWebIdentity', Condition: condition });

export const POLICIES: readonly Told[] = [
  {
    title: 'The nodes by name',
    story: "What a pod's role should say where a proxy hands it out.",
    statement: allow({ AWS: NODE }),
  },
  {
    title: 'The whole account',
    story: '"Root of our own account, so it is only us."',
    statement: allow({ AWS: `arn:aws:iam::${HOME}:root` }),
  },
  {
    title: 'One session of a node',
    story: 'The ARN was copied from `aws sts get-caller-identity` on a node.',
    statement: allow({ AWS: `arn:aws:sts::${HOME}:assumed-role/node/i-0123456789abcdef0` }),
  },
  {
    title: 'With an external id',
    story: 'A role of another account, for a vendor.',
    statement: allow(
      { AWS: 'arn:aws:iam::543210987654:root' },
      { Condition: { StringEquals: { 'sts:ExternalId': 'vendor-7f3a' } } },
    ),
  },
  {
    title: 'Everybody in the organisation',
    story: '"Any account of ours."',
    statement: allow({ AWS: '*' }, { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-abcdefghij' } } }),
  },
  {
    title: 'Instances',
    story: "What the console writes for a role that EC2 carries: the nodes' own.",
    statement: allow({ Service: 'ec2.amazonaws.com' }),
  },
  {
    title: 'A service account (IRSA)',
    story: 'The web pods of the shop, and no others.',
    statement: token({
      StringEquals: {
        [`${ISSUER}:sub`]: 'system:serviceaccount:shop:web',
        [`${ISSUER}:aud`]: 'sts.amazonaws.com',
      },
    }),
  },
  {
    title: 'A star that is no wildcard',
    story: '"All service accounts of the shop."',
    statement: token({
      StringEquals: {
        [`${ISSUER}:sub`]: 'system:serviceaccount:shop:*',
        [`${ISSUER}:aud`]: 'sts.amazonaws.com',
      },
    }),
  },
  {
    title: 'EKS Pod Identity',
    story: 'One cluster, one namespace.',
    statement: allow(
      { Service: 'pods.eks.amazonaws.com' },
      {
        Action: ['sts:AssumeRole', 'sts:TagSession'],
        Condition: {
          StringEquals: { 'aws:SourceAccount': HOME, 'aws:RequestTag/kubernetes-namespace': 'shop' },
          ArnEquals: { 'aws:SourceArn': `arn:aws:eks:eu-west-1:${HOME}:cluster/prod` },
        },
      },
    ),
  },
  {
    title: 'Only when something is not so',
    story: '"Not from the office network."',
    statement: allow(
      { AWS: `arn:aws:iam::${HOME}:root` },
      { Condition: { NotIpAddressIfExists: { 'aws:SourceIp': '203.0.113.0/24' } } },
    ),
  },
];

export const documentOf = ({ statement }: Told): string =>
  `${JSON.stringify({ Version: '2012-10-17', Statement: [statement] }, null, 2)}\n`;

export function page(): string {
  return [HEAD, ...POLICIES.map((told, index) => section(told, index + 1))].join('\n');
}

function section(told: Told, number: number): string {
  const text = documentOf(told);
  const { policy } = parsePolicy(text);
  const explanation = explainTrust({ name: 'policy.json', text, fault: null }, policy!, {
    ...OPTIONS,
    account: HOME,
  });
  return `## ${number}. ${told.title}
${told.story}
\`\`\`json
${text.trim()}
\`\`\`
\`\`\`
${renderExplanation(explanation)}
\`\`\`
`;
}

const role = parseRoleArn(`arn:aws:iam::${HOME}:role/blue`)!;
const picture = drawChain(
  chainOf({
    ...{ role, roleName: 'blue', nodeIdentity: known(NODE, ''), ownSide: known('allows' as const, '') },
    workloads: known(['shop/Deployment/web'], ''),
    policy: known(parsePolicy(documentOf(POLICIES[0]!)).policy!, ''),
  }),
);

const HEAD = `# Trust policies, explained

Two documents decide whether somebody becomes a role. The **trust policy** hangs on the role and says who may. The **permissions policy** hangs on whoever asks and says what they may ask for. In one account either can be enough, across accounts it takes both, and a Deny in any of them wins.

With a proxy there are three parties: the pod, which only names a role; the node's role (the "gold" role), which the proxy has and which can do little but assume others; and the pod's role, which must trust the node's role. One command shows how they hang together in your cluster, and which link is missing:
\`\`\`
$ pod-iam trust-policy explain --role blue
${picture}
…
\`\`\`
Without a cluster: \`pod-iam trust-policy explain blue.json --role blue --account ${HOME} --node-role ${NODE}\`.

Below are ten policies as people write them, each followed by what \`pod-iam trust-policy explain policy.json --account ${HOME}\` says of it. A test holds this page to the program.
`;
