// STS, IAM and a little of EC2 on one HTTP endpoint, as the SDKs, curl and the daemon speak to them. Small, but not
// a mock: every call is authenticated by its signature and authorised by the policies of the state.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as ec2 from './ec2.ts';
import { AwsError } from './errors.ts';
import * as iam from './iam.ts';
import * as read from './iam-read.ts';
import { close, listen } from './listen.ts';
import { Parameters } from './parameters.ts';
import { keepSessions, type Sessions } from './sessions.ts';
import { type SignedRequest, verifySignature } from './sigv4.ts';
import type { AwsState } from './state.ts';
import { assumeRole, type Call, getCallerIdentity } from './sts.ts';
import { assumeRoleWithWebIdentity, type IssuerKeys } from './web-identity.ts';
import { renderError, renderResult, type Service, services, type Xml } from './xml.ts';

/** What goes wrong with a call on purpose. */
export type Fault = 'throttle' | 'error' | 'unavailable' | 'hang';

/** One call as it was answered; holds no secret and no token. */
export interface AwsRequest {
  atMs: number;
  service: Service['name'];
  action: string;
  /** Form parameters but Action and Version. */
  parameters: Record<string, string>;
  /** The last four characters. */
  accessKeyIdEnding: string | null;
  callerArn: string | null;
  /** 0 for a call that was left hanging. */
  status: number;
  errorCode: string | null;
}

export interface EmulatedAwsOptions {
  host?: string;
  port?: number;
  state: AwsState;
  /** Before each answer; a function is asked per action. */
  latencyMs?: number | ((action: string) => number);
  /** Asked before each call is looked at; may be set anew at any time on the running server. */
  fault?: (action: string) => Fault | null;
  now?: () => number;
  issuers?: IssuerKeys;
}

export interface EmulatedAws {
  url: string;
  state: AwsState;
  sessions: Sessions;
  requests: AwsRequest[];
  /** Both knobs may be turned while it runs. */
  latencyMs: number | ((action: string) => number);
  fault: (action: string) => Fault | null;
  /** Whose web identity tokens are believed. */
  issuers: IssuerKeys;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1 unless told otherwise. */
export async function startEmulatedAws(options: EmulatedAwsOptions): Promise<EmulatedAws> {
  const now = options.now ?? Date.now;
  const sessions = keepSessions(options.state, now);
  const server = createServer((request, response) => {
    serve(aws, request, response, now).catch((error: unknown) => response.destroy(error as Error));
  });
  const aws: EmulatedAws = {
    url: '',
    state: options.state,
    sessions,
    requests: [],
    latencyMs: options.latencyMs ?? 0,
    fault: options.fault ?? (() => null),
    issuers: options.issuers ?? new Map(),
    close: () => close(server),
  };
  aws.url = await listen(server, options);
  return aws;
}

const calls: Record<Service['name'], Record<string, (call: Call) => Xml | null>> = {
  sts: { AssumeRole: assumeRole, GetCallerIdentity: getCallerIdentity },
  iam: {
    GetRole: iam.getRole,
    ListRoles: iam.listRoles,
    CreateRole: iam.createRole,
    UpdateAssumeRolePolicy: iam.updateAssumeRolePolicy,
    PutRolePolicy: iam.putRolePolicy,
    GetUser: iam.getUser,
    CreateUser: iam.createUser,
    CreateAccessKey: iam.createAccessKey,
    PutUserPolicy: iam.putUserPolicy,
    ListRolePolicies: read.listRolePolicies,
    GetRolePolicy: read.getRolePolicy,
    ListAttachedRolePolicies: read.listAttachedRolePolicies,
    GetPolicy: read.getPolicy,
    GetPolicyVersion: read.getPolicyVersion,
    SimulatePrincipalPolicy: read.simulatePrincipalPolicy,
    ListOpenIDConnectProviders: read.listOpenIdConnectProviders,
    GetOpenIDConnectProvider: read.getOpenIdConnectProvider,
    GetAccountSummary: read.getAccountSummary,
    GetInstanceProfile: ec2.getInstanceProfile,
  },
  ec2: { DescribeInstances: ec2.describeInstances },
};

async function serve(
  aws: EmulatedAws,
  request: IncomingMessage,
  response: ServerResponse,
  now: () => number,
): Promise<void> {
  const body = await readBody(request);
  const target = request.url ?? '/';
  const form = readForm(target, request.headers['content-type'], body);
  const service = services.find(({ version }) => version === form.get('Version')) ?? services[0]!;
  const action = form.get('Action') ?? '';
  const record = startRecord(aws, service, action, form, now());

  const latencyMs = typeof aws.latencyMs === 'function' ? aws.latencyMs(action) : aws.latencyMs;
  if (latencyMs > 0) await new Promise((done) => setTimeout(done, latencyMs));
  const fault = aws.fault(action);
  if (fault === 'hang') return;

  function bySignature(signed: SignedRequest): Xml | null {
    const { key, service: signedFor } = verifySignature(signed, aws.sessions.findKey, now());
    record.callerArn = key.caller.arn;
    const perform = findCall(service, action, form, signedFor);
    const { state, sessions } = aws;
    return perform({ state, sessions, parameters: new Parameters(form), caller: key.caller, nowMs: now() });
  }

  const requestId = randomUUID();
  let text: string;
  try {
    if (fault) throw faultErrors[fault]();
    const headers = flatHeaders(request);
    const signed = { method: request.method ?? 'GET', target, headers, body };
    record.accessKeyIdEnding =
      /Credential=([^/,]+)/.exec(headers['authorization'] ?? '')?.[1]?.slice(-4) ?? null;
    // The one call that needs no signature: its token is the proof.
    const isByToken = action === 'AssumeRoleWithWebIdentity' && service.name === 'sts';
    const result = isByToken
      ? assumeRoleWithWebIdentity({
          state: aws.state,
          sessions: aws.sessions,
          issuers: aws.issuers,
          parameters: new Parameters(form),
          nowMs: now(),
        })
      : bySignature(signed);
    record.status = 200;
    text = renderResult(service, action, result, requestId);
  } catch (error) {
    const failure = error instanceof AwsError ? error : internalFailure(error);
    record.status = failure.status;
    record.errorCode = failure.code;
    text = renderError(service, failure, requestId);
  }
  response.writeHead(record.status, { 'content-type': 'text/xml', 'x-amzn-requestid': requestId });
  response.end(text);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The action stands in the body of a POST, or in the query of a GET. */
function readForm(target: string, contentType: string | undefined, body: Buffer): URLSearchParams {
  const cut = target.indexOf('?');
  const form = new URLSearchParams(cut < 0 ? '' : target.slice(cut + 1));
  if (contentType?.startsWith('application/x-www-form-urlencoded')) {
    for (const [name, value] of new URLSearchParams(body.toString('utf8'))) form.set(name, value);
  }
  return form;
}

function startRecord(
  aws: EmulatedAws,
  service: Service,
  action: string,
  form: URLSearchParams,
  atMs: number,
): AwsRequest {
  const parameters = Object.fromEntries([...form].filter(([name]) => !['Action', 'Version'].includes(name)));
  const record: AwsRequest = {
    atMs,
    service: service.name,
    action,
    parameters,
    accessKeyIdEnding: null,
    callerArn: null,
    status: 0,
    errorCode: null,
  };
  aws.requests.push(record);
  return record;
}

const faultErrors: Record<Exclude<Fault, 'hang'>, () => AwsError> = {
  throttle: () => new AwsError('Throttling', 400, 'Rate exceeded'),
  error: () =>
    new AwsError(
      'InternalFailure',
      500,
      'The request processing has failed because of an unknown error, exception or failure.',
    ),
  unavailable: () =>
    new AwsError(
      'ServiceUnavailable',
      503,
      'The request has failed due to a temporary failure of the server.',
    ),
};

const flatHeaders = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(',') : (value ?? ''),
    ]),
  );

function findCall(
  service: Service,
  action: string,
  form: URLSearchParams,
  signedFor: string,
): (call: Call) => Xml | null {
  const perform = calls[service.name][action];
  if (!perform || form.get('Version') !== service.version)
    throw new AwsError(
      'InvalidAction',
      400,
      `Could not find operation ${action} for version ${form.get('Version') ?? 'NO_VERSION_SPECIFIED'}`,
    );
  if (signedFor !== service.name)
    throw new AwsError(
      'SignatureDoesNotMatch',
      403,
      `Credential should be scoped to correct service: '${service.name}'. `,
    );
  return perform;
}

/** A defect of the emulation must be seen where it happens, and answers as AWS would. */
function internalFailure(error: unknown): AwsError {
  console.error(error);
  return faultErrors.error();
}
