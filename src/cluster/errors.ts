// Turns what a call of the Kubernetes API ended in (a status, a broken connection, a time-out) into a
// Problem with the cause and the next step. The library's own texts hold headers and bodies: never shown.
import { Problem, type ProblemDetails } from '../model/problem.ts';
import type { Grant } from '../model/snapshot.ts';
import { type Denial, grantCommand, grantFor, parseDenial } from './grant.ts';

export interface CallContext {
  /** What was being done, such as `list pods in shop`. */
  doing: string;
  /** Name of the kubeconfig context. */
  context: string;
  server: string;
  /** The command with the words that lead it to this cluster, to put in front of what to type next. */
  kubectl: string;
  user: string;
  timeoutMs: number;
}

/** A refusal by RBAC, with the permission that is missing. */
export class ForbiddenProblem extends Problem {
  readonly grant: Grant;

  constructor(details: ProblemDetails, denial: Denial) {
    super('environment', details);
    this.grant = grantFor(denial);
  }
}

/** The parts of https://kubernetes.io/docs/reference/kubernetes-api/definitions/status-v1-meta that say why. */
interface ApiStatus {
  message: string;
  causes: { field: string; message: string }[];
}

/** @returns the error itself when it is none of these, but a defect of ours */
export function kubeProblem(error: unknown, call: CallContext): unknown {
  if (error instanceof Problem || !(error instanceof Error)) return error;
  const { code, body } = error as { code?: unknown; body?: unknown };
  // A time-out is a DOMException, which has a numeric code too, and no body.
  const isAnswer = typeof code === 'number' && 'body' in error;
  const details = isAnswer ? refused(code, readStatus(body), call) : unanswered(error, call);
  if (details === null) return error;
  if (details instanceof Problem) return details;
  return new Problem('environment', { ...details, cause: error });
}

function refused(status: number, answer: ApiStatus, call: CallContext): ProblemDetails | Problem {
  const what = `could not ${call.doing}`;
  const { message } = answer;
  const denial = parseDenial(message);
  if (status === 401) {
    return {
      code: 'UNAUTHORIZED',
      what: `the API server of context ${call.context} does not accept the credentials of user ${call.user}`,
      why: 'they are wrong, expired or were revoked (401 Unauthorized)',
      next: `${call.kubectl} auth whoami`,
    };
  }
  if (status === 403 && denial) {
    const details = {
      code: 'FORBIDDEN',
      what: `${what}: not allowed`,
      why: `${denial.user} lacks the permission to ${grantFor(denial).needs}`,
      next: `have an administrator run: ${grantCommand(denial)}`,
    };
    return new ForbiddenProblem(details, denial);
  }
  if (/exceeded quota|must specify (limits|requests|memory|cpu)/.test(message))
    return {
      code: 'QUOTA',
      what: `${what}: a resource quota of the namespace is in the way`,
      why: afterForbidden(message),
      next: `${call.kubectl} describe resourcequota -n NAMESPACE`,
    };
  const webhook = /admission webhook "([^"]+)" denied the request:? ?(.*)/s.exec(message);
  if (webhook) {
    return {
      code: 'ADMISSION',
      what: `${what}: refused by the admission webhook ${webhook[1]}`,
      why: oneLine(webhook[2] || 'it gave no reason'),
      next: 'ask whoever runs that webhook, or exempt the namespace from it',
    };
  }
  const failedWebhook = /failed calling webhook "([^"]+)": (.*)/s.exec(message);
  if (failedWebhook) {
    return {
      code: 'ADMISSION',
      what: `${what}: the admission webhook ${failedWebhook[1]} did not answer`,
      why: oneLine(failedWebhook[2]!),
      next: `${call.kubectl} get validatingwebhookconfigurations,mutatingwebhookconfigurations`,
    };
  }
  if (message.includes('violates PodSecurity')) {
    return {
      code: 'ADMISSION',
      what: `${what}: the namespace's Pod Security level does not allow it`,
      why: afterForbidden(message),
      next: 'https://kubernetes.io/docs/concepts/security/pod-security-admission/',
    };
  }
  if (status === 403)
    return {
      code: 'FORBIDDEN',
      what: `${what}: not allowed`,
      why: oneLine(message),
      next: `${call.kubectl} auth can-i --list`,
    };
  if (status === 404) {
    const namespace = /namespaces "([^"]+)" not found/.exec(message)?.[1];
    return namespace
      ? {
          code: 'NOT_FOUND',
          what,
          why: `there is no namespace ${namespace}`,
          next: `${call.kubectl} get namespaces`,
        }
      : {
          code: 'NOT_FOUND',
          what,
          why: `there is none: ${oneLine(message)}`,
          next: `${call.kubectl} api-resources`,
        };
  }
  if (status === 409)
    return {
      code: 'CONFLICT',
      what,
      why: causes(answer),
      next: 'run it again; if it stays, find out who else changes the object',
    };
  if (status === 400 || status === 422)
    return {
      code: 'INVALID',
      what: `${what}: the API server finds it invalid`,
      why: causes(answer),
      next: 'mend the value that it names',
    };
  return {
    code: 'KUBE_API',
    what,
    why: `the API server answered ${status}: ${oneLine(message)}`,
    next: `${call.kubectl} get --raw '/readyz?verbose'`,
  };
}

function unanswered(error: Error, call: CallContext): ProblemDetails | null {
  if (error instanceof SyntaxError) {
    return {
      code: 'KUBE_API',
      what: `what answers at ${call.server} (context ${call.context}) is no Kubernetes API server`,
      why: 'its answer is not JSON',
      next: `${call.kubectl} cluster-info`,
    };
  }
  const isConnection = error.name === 'TimeoutError' || error.cause instanceof Error;
  return isConnection ? unreachable(error, call) : null;
}

function unreachable(error: Error, call: CallContext): ProblemDetails {
  const next = `${call.kubectl} cluster-info`;
  const at = `the cluster of context ${call.context} at ${call.server}`;
  const cause = rootCause(error);
  if (error.name === 'TimeoutError' || cause.code === 'UND_ERR_CONNECT_TIMEOUT') {
    return {
      code: 'TIMEOUT',
      what: `could not ${call.doing}: ${at} did not answer within ${call.timeoutMs / 1000} s`,
      why: 'it is down, overloaded, or behind a VPN or firewall',
      next,
    };
  }
  if (/CERT|SIGNED|SSL|TLS|ALTNAME|ISSUER/.test(cause.code)) {
    return {
      code: 'TLS',
      what: `${at} does not prove who it is`,
      why: `${cause.message} (${cause.code})`,
      next: 'check certificate-authority-data of the cluster: kubectl config view --raw',
    };
  }
  return {
    code: 'NO_CLUSTER',
    what: `${at} cannot be reached`,
    why: connectionWords[cause.code] ?? (cause.code ? `${cause.message} (${cause.code})` : cause.message),
    next,
  };
}

const connectionWords: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name could not be looked up just now',
  ECONNRESET: 'the connection was reset',
  UND_ERR_SOCKET: 'the connection was closed',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to its network',
};

function rootCause(error: Error): { code: string; message: string } {
  let at = error as Error & { code?: string; errors?: Error[] };
  for (let next = at; next; ) {
    at = next;
    next = (at.cause ?? at.errors?.[0]) as typeof at;
  }
  return { code: at.code ?? '', message: oneLine(at.message) };
}

function readStatus(body: unknown): ApiStatus {
  let status = body as {
    message?: string;
    details?: { causes?: Partial<ApiStatus['causes'][0]>[] };
  };
  if (typeof body === 'string') {
    try {
      status = JSON.parse(body);
    } catch {
      status = { message: body.slice(0, 300) };
    }
  }
  return {
    message: status?.message ?? 'it gave no reason',
    causes: (status?.details?.causes ?? []).map(({ field = '', message = '' }) => ({ field, message })),
  };
}

const causes = ({ causes, message }: ApiStatus): string =>
  causes.length > 0
    ? causes.map(({ field, message }) => oneLine(`${field}: ${message}`)).join('; ')
    : oneLine(message);

/** `pods "x" is forbidden: exceeded quota: …` → what follows the colon. */
const afterForbidden = (message: string): string => oneLine(message.replace(/^.*? is forbidden: /, ''));

const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, '; ');
