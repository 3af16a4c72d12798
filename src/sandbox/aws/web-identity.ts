// AssumeRoleWithWebIdentity: the caller is whoever the token says, if an OIDC provider of the account has
// signed it for the audience, and the role's trust policy lets that provider's subject in.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
import { createVerify, type KeyObject } from 'node:crypto';
import { evaluateTrust } from '../../model/evaluate.ts';
import { parsePolicy } from '../../model/policy.ts';
import { AwsError, accessDenied, validationError } from './errors.ts';
import type { Parameters } from './parameters.ts';
import type { Sessions } from './sessions.ts';
import { type AwsState, findRole, roleArn } from './state.ts';
import { isoSeconds } from './sts.ts';
import type { Xml } from './xml.ts';

/** The key that an issuer signs its tokens with (RS256); issuers are named without `https://`. */
export type IssuerKeys = ReadonlyMap<string, KeyObject>;

interface Claims {
  iss: string;
  sub: string;
  aud: string | string[];
  exp: number;
}

export function assumeRoleWithWebIdentity(call: {
  state: AwsState;
  sessions: Sessions;
  issuers: IssuerKeys;
  parameters: Parameters;
  nowMs: number;
}): Xml {
  const { state, sessions, parameters, nowMs } = call;
  const arn = parameters.required('RoleArn', { min: 20, max: 2048 });
  const sessionName = parameters.required('RoleSessionName', { min: 2, max: 64, pattern: '[\\w+=,.@-]*' });
  const token = parameters.required('WebIdentityToken', { min: 4, max: 20_000 });
  const seconds = parameters.integer('DurationSeconds', 3600, 900, 43_200);
  const claims = readToken(token, call.issuers, nowMs);

  const [, account = '', path = '', name = ''] =
    /^arn:[^:]+:iam::(\d{12}):role(\/(?:.*\/)?)(.+)$/.exec(arn) ?? [];
  const role = findRole(state, account, name);
  const trust = role ? parsePolicy(role.trustPolicy) : null;
  const issuer = claims.iss.replace('https://', '');
  const decision =
    role?.path === path && trust?.ok
      ? evaluateTrust(trust.policy, {
          caller: `arn:${state.partition}:iam::${account}:oidc-provider/${issuer}`,
          callerRole: null,
          action: 'sts:AssumeRoleWithWebIdentity',
          role: roleArn(state, role),
          context: {
            [`${issuer}:sub`]: [claims.sub],
            [`${issuer}:aud`]: [claims.aud].flat(),
            'sts:RoleSessionName': [sessionName],
          },
          contextIsComplete: true,
          identityPolicies: [],
        }).decision
      : 'deny';
  if (!role || decision !== 'allow')
    throw accessDenied('Not authorized to perform sts:AssumeRoleWithWebIdentity');
  if (seconds > role.maxSessionSeconds)
    throw validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
  const { credentials, caller } = sessions.issue(role, sessionName, seconds);
  return {
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: isoSeconds(credentials.expiresAtMs),
    },
    SubjectFromWebIdentityToken: claims.sub,
    AssumedRoleUser: { AssumedRoleId: caller.userId, Arn: caller.arn },
    Provider: `arn:${state.partition}:iam::${account}:oidc-provider/${issuer}`,
    Audience: [claims.aud].flat()[0],
  };
}

function readToken(token: string, issuers: IssuerKeys, nowMs: number): Claims {
  const [head = '', payload = '', signature = ''] = token.split('.');
  let claims: Claims;
  try {
    claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims;
  } catch {
    throw badToken('The ID Token provided is not a valid JWT.');
  }
  const key = issuers.get(String(claims.iss).replace('https://', ''));
  if (!key) throw badToken("No OpenIDConnect provider found in your account for the token's issuer");
  const verify = createVerify('RSA-SHA256').update(`${head}.${payload}`);
  if (!verify.verify(key, signature, 'base64url'))
    throw badToken("Couldn't retrieve verification key from your identity provider");
  if (claims.exp * 1000 <= nowMs)
    throw new AwsError(
      'ExpiredTokenException',
      400,
      'Token expired: current date/time must be before the expiration date/time',
    );
  return claims;
}

const badToken = (message: string): AwsError => new AwsError('InvalidIdentityToken', 400, message);
