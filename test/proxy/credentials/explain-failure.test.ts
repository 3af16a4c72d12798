// STS's errors, as AWS words them, in the daemon's words.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { explainFailure } from '../../../src/proxy/credentials/explain-failure.ts';

const NODE = 'arn:aws:sts::111122223333:assumed-role/node/i-1';
const ROLE = 'arn:aws:iam::111122223333:role/blue';
const call = { what: 'sts:AssumeRole', roleArn: ROLE, ownArn: NODE };
const sdk = (name: string, status: number, message = '') =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
const lead = `User: ${NODE} is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`;

type Case = readonly [string, Error, kind: string, check: string, RegExp, side?: string];

const cases: readonly Case[] = [
  [
    'denied without a reason',
    sdk('AccessDenied', 403, lead),
    'refused',
    'TP018',
    /STS does not say which$/,
    'undisclosed',
  ],
  [
    'denied by the node side',
    sdk('AccessDenied', 403, `${lead} because no identity-based policy allows the sts:AssumeRole action`),
    'refused',
    'GR001',
    /the policies of arn:aws:sts::111122223333:assumed-role\/node\/i-1 do not let it$/,
    'node-policy',
  ],
  [
    'denied by the trust policy',
    sdk('AccessDenied', 403, `${lead} with an explicit deny in a resource-based policy`),
    'refused',
    'TP018',
    /the role's trust policy does not let arn:aws:sts/,
    'trust-policy',
  ],
  [
    'denied by the organisation',
    sdk('AccessDenied', 403, `${lead} with an explicit deny in a service control policy`),
    'refused',
    'GR003',
    /a service control policy forbids it$/,
    'organisation-policy',
  ],
  [
    'denied by a boundary',
    sdk(
      'AccessDeniedException',
      403,
      `${lead} because no permissions boundary allows the sts:AssumeRole action`,
    ),
    'refused',
    'GR003',
    /a permissions boundary forbids it$/,
    'permissions-boundary',
  ],
  [
    'denied by a session policy',
    sdk('AccessDenied', 403, `${lead} because no session policy allows the sts:AssumeRole action`),
    'refused',
    'GR003',
    /a session policy forbids it$/,
    'session-policy',
  ],
  [
    'denied by the endpoint of the network',
    sdk('AccessDenied', 403, `${lead} because no VPC endpoint policy allows the sts:AssumeRole action`),
    'refused',
    'GR003',
    /a VPC endpoint policy forbids it$/,
    'endpoint-policy',
  ],
  [
    'too long',
    sdk(
      'ValidationError',
      400,
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    ),
    'refused',
    'GR006',
    /--session-duration is longer/,
    'session-duration',
  ],
  [
    'throttled',
    sdk('Throttling', 400, 'Rate exceeded'),
    'throttled',
    'CR005',
    /^STS is throttling; ask again$/,
  ],
  ['throttled by status', sdk('Unknown', 429), 'throttled', 'CR005', /throttling/],
  ['failing', sdk('InternalFailure', 500), 'unavailable', 'CR005', /^STS failed with 500 InternalFailure/],
  [
    'expired own',
    sdk('ExpiredToken', 403),
    'own',
    'ID010',
    /does not accept the daemon's own credentials: ExpiredToken$/,
  ],
  [
    'region off',
    sdk('RegionDisabledException', 403),
    'refused',
    'CR006',
    /not activated in this region/,
    'region',
  ],
  [
    'not reached',
    Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
    'unavailable',
    'CR006',
    /^STS cannot be reached: ECONNREFUSED$/,
  ],
  [
    'anything else',
    sdk('PackedPolicyTooLarge', 400, 'secret text'),
    'refused',
    'CR005',
    /: PackedPolicyTooLarge$/,
    'request',
  ],
];

describe('a failure of STS', () => {
  for (const [name, error, kind, check, message, side = null] of cases) {
    test(`${name}: ${kind}, ${check}`, () => {
      const failure = explainFailure(error, call);
      assert.deepEqual([failure.kind, failure.check, failure.side], [kind, check, side]);
      assert.match(failure.message, message);
    });
  }

  // https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and those of AssumeRole.
  for (const [code, status] of [
    ...(['AccessDenied', 'AccessDeniedException', 'ExpiredToken', 'ExpiredTokenException'] as const).map(
      (c) => [c, 403],
    ),
    ...(['IncompleteSignature', 'InvalidAction', 'MalformedPolicyDocument', 'MissingAction'] as const).map(
      (c) => [c, 400],
    ),
    ...(['InternalFailure', 'InternalError'] as const).map((c) => [c, 500]),
    ...(
      ['InvalidClientTokenId', 'MissingAuthenticationToken', 'NotAuthorized', 'OptInRequired'] as const
    ).map((c) => [c, 403]),
    ...(
      [
        'PackedPolicyTooLarge',
        'RequestExpired',
        'ThrottlingException',
        'Throttling',
        'ValidationError',
      ] as const
    ).map((c) => [c, 400]),
    ...(
      [
        'InvalidParameterValue',
        'MalformedQueryString',
        'InvalidIdentityToken',
        'IDPCommunicationError',
      ] as const
    ).map((c) => [c, 400]),
    ...(['RegionDisabledException', 'SignatureDoesNotMatch', 'UnrecognizedClientException'] as const).map(
      (c) => [c, 403],
    ),
    ['ServiceUnavailable', 503],
    ['RequestLimitExceeded', 503],
  ] as [string, number][])
    test(`${code} is told by the side that it is on, without a word of its message`, () => {
      const raw = `User: someone, request 1b2c3d, secret wJalrXUtnFEMI, token IQoJb3JpZ2lu ${lead}`;
      const failure = explainFailure(sdk(code, status, raw), call);
      assert.match(
        failure.message,
        /^(?:STS refused sts:AssumeRole on |STS does not accept the daemon's own|STS failed with|STS is )/,
      );
      assert.doesNotMatch(failure.message, /someone|1b2c3d|wJalr|IQoJb|not authorized/);
      assert.match(failure.check, /^(?:TP018|GR00[136]|ID010|CR00[56])$/);
      assert.ok(failure.message.length < 500);
    });

  test('that has no code, or a sentence in place of one, is told without it', () => {
    for (const name of ['no code but AKIAIOSFODNN7EXAMPLE', 'UnknownError']) {
      const { kind, check, message } = explainFailure(sdk(name, 404, 'text'), call);
      // A gateway's page decides nothing about a role, so it may not be remembered as a refusal.
      assert.deepEqual([kind, check], ['unavailable', 'CR006']);
      assert.equal(message, 'what answers for STS is not STS: 404 and an error without a code');
    }
    const lost = explainFailure(new Error('socket hang up, token IQoJb3JpZ2lu'), call);
    assert.equal(lost.message, 'STS cannot be reached: Error');
  });

  test("keeps none of the SDK's own words", () => {
    const failure = explainFailure(sdk('AccessDenied', 403, `${lead} request id 1234`), call);
    assert.doesNotMatch(failure.message, /not authorized|1234/);
  });
});
