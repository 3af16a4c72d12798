// Turns what a call of the Kubernetes API ended in (a status, a broken connection, a time-out) into a
// Problem with the cause and the next step. The library's own texts hold headers and bodies: never shown.
import { Problem, type ProblemDetails } from '../model/problem.ts';
import { oneLine, refused } from './refusals.ts';

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

/** @returns the error itself when it is none of these, but a defect of ours */
export function kubeProblem(error: unknown, call: CallContext): unknown {
  if (error instanceof Problem || !(error instanceof Error)) return error;
  const { code, body } = error as { code?: unknown; body?: unknown };
  // A time-out is a DOMException, which has a numeric code too, and no body.
  const isAnswer = typeof code === 'number' && 'body' in error;
  const details = isAnswer ? refused(code, body, call) : unanswered(error, call);
  if (details === null) return error;
  if (details instanceof Problem) return details;
  return new Problem('environment', { ...details, cause: error });
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
