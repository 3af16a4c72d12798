import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type AwsCall, awsProblem, grantFor } from '../../src/aws/errors.ts';
import { usageProblem } from '../../src/model/problem.ts';

const call: AwsCall = { action: 'iam:GetRole', subject: 'role blue', resource: 'arn:aws:iam::*:role/*' };

/** As the SDK throws it: named by the answer's code, with the request id when there was an answer. */
const sdkError = (name: string, message: string, more: object = {}): Error =>
  Object.assign(new Error(message), { name, ...more });
const answered = { $metadata: { httpStatusCode: 403, requestId: 'r-1' } };

describe('an error of the AWS SDK', () => {
  const rows: [error: Error, code: string, what: string, why: string][] = [
    [
      sdkError('CredentialsProviderError', 'Could not load credentials from any providers'),
      'NO_AWS_CREDENTIALS',
      'no AWS credentials were found',
      'Could not load credentials from any providers',
    ],
    [
      sdkError('ExpiredToken', 'The security token included in the request is expired', answered),
      'NO_AWS_CREDENTIALS',
      'the AWS credentials have expired',
      'ExpiredToken: The security token included in the request is expired (request id r-1)',
    ],
    [
      sdkError('InvalidClientTokenId', 'The security token included in the request is invalid.', answered),
      'NO_AWS_CREDENTIALS',
      'AWS does not accept the credentials',
      'InvalidClientTokenId: The security token included in the request is invalid. (request id r-1)',
    ],
    [
      sdkError(
        'Error',
        '@aws-sdk XML parse error: mismatched tags <hr> and </head>.\n  Deserialization error: to see the raw response, inspect',
        { $metadata: { httpStatusCode: 404 } },
      ),
      'AWS_API',
      'what answered iam:GetRole for role blue is no AWS API, or one that does not know the call',
      'its answer cannot be read (HTTP 404)',
    ],
    [
      sdkError('AccessDenied', 'User: arn:aws:iam::111122223333:user/x is not authorized', answered),
      'AWS_DENIED',
      'AWS does not allow iam:GetRole for role blue',
      'AccessDenied: User: arn:aws:iam::111122223333:user/x is not authorized (request id r-1)',
    ],
    [
      sdkError('Error', 'getaddrinfo ENOTFOUND sts.eu-west-1.amazonaws.com', { code: 'ENOTFOUND' }),
      'AWS_UNREACHABLE',
      'AWS did not answer iam:GetRole for role blue',
      'getaddrinfo ENOTFOUND sts.eu-west-1.amazonaws.com',
    ],
    [
      Object.assign(new AggregateError([new Error('connect ECONNREFUSED ::1:443')], ''), {
        code: 'ECONNREFUSED',
      }),
      'AWS_UNREACHABLE',
      'AWS did not answer iam:GetRole for role blue',
      'connect ECONNREFUSED ::1:443',
    ],
    [
      sdkError('Error', 'self-signed certificate in certificate chain', {
        code: 'SELF_SIGNED_CERT_IN_CHAIN',
      }),
      'AWS_UNREACHABLE',
      'AWS did not answer iam:GetRole for role blue',
      'self-signed certificate in certificate chain',
    ],
    [
      sdkError('Error', "ENOENT: no such file or directory, open '/var/run/token'", { code: 'ENOENT' }),
      'AWS_API',
      'AWS could not be asked for iam:GetRole for role blue',
      "ENOENT: no such file or directory, open '/var/run/token'",
    ],
    [
      sdkError('Throttling', 'Rate exceeded', { $metadata: { httpStatusCode: 400, requestId: 'r-2' } }),
      'AWS_API',
      'AWS refused iam:GetRole for role blue',
      'Throttling: Rate exceeded (request id r-2)',
    ],
  ];
  for (const [error, code, what, why] of rows) {
    it(`says ${code} for ${error.name}: ${why.slice(0, 40)}`, () => {
      const problem = awsProblem(error, call);
      assert.deepEqual(
        [problem.kind, problem.code, problem.message, problem.why],
        ['environment', code, what, why],
      );
      assert.equal(problem.cause, error);
    });
  }

  it('is told with the statement that would allow the call, in the account of who was denied', () => {
    const message = 'User: arn:aws-cn:sts::444455556666:assumed-role/x/y is not authorized';
    assert.equal(
      awsProblem(sdkError('AccessDenied', message, answered), call).next,
      'allow it in a policy of the caller: {"Effect":"Allow","Action":"iam:GetRole","Resource":"arn:aws-cn:iam::444455556666:role/*"}',
    );
  });

  it('shows no more of a key id than its end', () => {
    const message = "'AKIAIOSFODNN7EXAMPLE/20260101/us-east-1' not a valid key=value pair";
    const { why } = awsProblem(sdkError('IncompleteSignature', message, answered), call);
    assert.equal(
      why,
      "IncompleteSignature: '…MPLE/20260101/us-east-1' not a valid key=value pair (request id r-1)",
    );
  });

  it('passes when it is a problem already', () => {
    const problem = usageProblem({ code: 'X', what: 'x', next: 'y' });
    assert.equal(awsProblem(problem, call), problem);
  });
});

describe('what a caller lacks', () => {
  it('is named, and comes as a policy to paste', () => {
    assert.deepEqual(grantFor({ ...call, resource: '*' }), {
      needs: 'iam:GetRole on *',
      snippet: `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "iam:GetRole",
      "Resource": "*"
    }
  ]
}`,
    });
  });
});
