// Documents that are wrong only beside what IAM knows or what the pods send.
import { APP, AUDIENCE, HOME, ISSUER, irsa, LIVE, NODE, SUBJECT, trust } from '../helpers.ts';
import type { Broken } from './broken.ts';

const at = '/Statement/0';
const iam = { live: LIVE, account: HOME };
const nodes = { nodeIdentities: [NODE] };
const asks = (id: unknown): string =>
  trust({ AWS: NODE }, { Condition: { StringEquals: { 'sts:ExternalId': id } } });
const names = (pattern: string): string =>
  trust({ AWS: NODE }, { Condition: { StringLike: { 'sts:RoleSessionName': pattern } } });
const OTHER = 'oidc.eks.eu-west-1.amazonaws.com/id/OTHER';

export const live: Broken[] = [
  [
    'TP011',
    'fail',
    `${at}/Principal/AWS`,
    'a role that is not there',
    trust({ AWS: `arn:aws:iam::${HOME}:role/ghost` }),
    iam,
  ],
  [
    'TP011',
    'unknown',
    `${at}/Principal/AWS/1`,
    'a user that may not be read',
    trust({ AWS: [NODE, `arn:aws:iam::${HOME}:user/hidden`] }),
    iam,
  ],
  [
    'TP016',
    'fail',
    `${at}/Principal/AWS`,
    'a role without its path',
    trust({ AWS: `arn:aws:iam::${HOME}:role/worker` }),
    iam,
  ],
  [
    'TP031',
    'fail',
    `${at}/Condition/StringEquals/${ISSUER}:aud`,
    'an audience that the provider does not take',
    irsa({ StringEquals: { ...SUBJECT, [`${ISSUER}:aud`]: 'sts.example.com' } }),
    iam,
  ],
  [
    'TP031',
    'fail',
    `${at}/Principal/Federated`,
    'an issuer that the account does not know',
    irsa(
      {
        StringEquals: {
          [`${OTHER}:sub`]: 'system:serviceaccount:shop:web',
          [`${OTHER}:aud`]: 'sts.amazonaws.com',
        },
      },
      { Principal: { Federated: `arn:aws:iam::${HOME}:oidc-provider/${OTHER}` } },
    ),
    iam,
  ],
  [
    'TP031',
    'unknown',
    `${at}/Principal/Federated`,
    'issuers that may not be listed',
    irsa({ StringEquals: { ...SUBJECT, ...AUDIENCE } }),
    { ...iam, live: { ...LIVE, oidcProviders: { state: 'unknown', why: 'denied', from: '', grant: null } } },
  ],
  [
    'TP038',
    'fail',
    at,
    "the nodes' own role",
    trust({ AWS: NODE }),
    { ...nodes, role: { ...APP, arn: NODE, name: 'node' } },
  ],
  [
    'TP039',
    'fail',
    `${at}/Condition/StringEquals/sts:ExternalId`,
    'an external id that the pod lacks',
    asks('blue-7'),
    { ...nodes, externalId: null },
  ],
  [
    'TP039',
    'fail',
    `${at}/Condition/StringEquals/sts:ExternalId`,
    'another external id',
    asks(['red-9', 'red-8']),
    { ...nodes, externalId: 'blue-7' },
  ],
  [
    'TP040',
    'warn',
    at,
    'an external id that nobody asks for',
    trust({ AWS: NODE }),
    { ...nodes, externalId: 'blue-7' },
  ],
  [
    'TP043',
    'fail',
    `${at}/Condition/StringLike/sts:RoleSessionName`,
    'session names of another proxy',
    names('kiam-*'),
    { ...nodes, sessionName: 'shop.web-1' },
  ],
];
