// Turns the status with which the API server refuses a call into a Problem: who refuses (its rights, an
// admission, the server itself), why, and what to type next.
import { Problem, type ProblemDetails } from '../model/problem.ts';
import type { Grant } from '../model/snapshot.ts';
import type { CallContext } from './errors.ts';
import { type Denial, grantCommand, grantFor, parseDenial } from './grant.ts';

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

/** @param body of the answer: a Status, as an object or as text, or whatever else came */
export function refused(status: number, body: unknown, call: CallContext): ProblemDetails | Problem {
  const answer = readStatus(body);
  return byRights(status, answer, call) ?? byAdmission(answer, call) ?? byStatus(status, answer, call);
}

function byRights(
  status: number,
  { message }: ApiStatus,
  call: CallContext,
): ProblemDetails | Problem | null {
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
      what: `could not ${call.doing}: not allowed`,
      why: `${denial.user} lacks the permission to ${grantFor(denial).needs}`,
      next: `have an administrator run: ${grantCommand(denial)}`,
    };
    return new ForbiddenProblem(details, denial);
  }
  return null;
}

function byAdmission({ message }: ApiStatus, call: CallContext): ProblemDetails | null {
  const what = `could not ${call.doing}`;
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
  return null;
}

function byStatus(status: number, answer: ApiStatus, call: CallContext): ProblemDetails {
  const what = `could not ${call.doing}`;
  const { message } = answer;
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

/** A text of the server's as one line. */
export const oneLine = (text: string): string => text.trim().replace(/\s*\n\s*/g, '; ');
