// A diagnostic pod's log → its observation. Strict: a log with a line too many, too few or of another
// format proves nothing, and is reported as broken.
import {
  ATTEMPTS,
  type Attempt,
  type CallerIdentity,
  type CanaryAnswer,
  type ContainerObservation,
  type DocumentAnswer,
  type HttpAnswer,
  type ProbeObservation,
  TOKEN_ATTEMPTS,
} from '../model/observation.ts';
import type { PlannedProbe, ProvableAsk } from './plan.ts';
import { SCRIPT_FORMAT } from './script.ts';

type Line = Record<string, string>;
type Steps = Map<string, Line>;

const STEPS = new Set<string>([
  'start',
  'token',
  'listing',
  'document',
  'canary',
  'harmless',
  'listing-again',
  'listing-without-token',
  'caller',
  'invented',
  ...ATTEMPTS,
  'container',
  'container-caller',
  ...TOKEN_ATTEMPTS,
  'end',
]);

/** @param pod where the probe ran, as far as it got */
export function parseProbeLog(
  log: string,
  probe: PlannedProbe,
  pod: { name: string; node: string | null },
): ProbeObservation {
  const read = readSteps(log, probe);
  if (typeof read === 'string') return emptyObservation(probe, pod, { state: 'broken', why: read });
  const steps = read;
  const answer = (step: string): HttpAnswer | null => {
    const line = steps.get(step);
    return line ? httpAnswer(line) : null;
  };
  const token = answer('token');
  const listing = answer('listing');
  const document = documentAnswer(steps.get('document'));
  const hasCredentials = document !== null && document.keyIdEnding !== null;
  return {
    ...emptyObservation(probe, pod, { state: 'ran' }),
    token,
    listing,
    document,
    canary: canaryAnswer(steps.get('canary')),
    harmless: answer('harmless'),
    listingAgain: answer('listing-again'),
    listingWithoutToken: answer('listing-without-token'),
    caller: callerIdentity(steps.get('caller')),
    invented: callerIdentity(steps.get('invented')),
    attempts: attemptsOf(ATTEMPTS, steps),
    container: probe.container && containerAnswer(probe.container, steps),
    firstCredentialMs:
      hasCredentials && token && listing ? Math.round(token.ms + listing.ms + document.ms) : null,
    remainingSeconds: hasCredentials ? remaining(document.expiration, steps.get('start')!.now) : null,
  };
}

/** An observation of which nothing is known but how it ended. */
export function emptyObservation(
  probe: PlannedProbe,
  pod: { name: string; node: string | null },
  outcome: ProbeObservation['outcome'],
): ProbeObservation {
  return {
    id: probe.id,
    kind: probe.kind,
    workload: probe.workload,
    namespace: probe.namespace,
    pod: pod.name,
    node: pod.node ?? probe.node,
    serviceAccount: probe.serviceAccount,
    expectedRole: probe.expectedRole,
    sources: probe.sources,
    outcome,
    canary: null,
    token: null,
    listingWithoutToken: null,
    listing: null,
    listingAgain: null,
    document: null,
    caller: null,
    invented: null,
    attempts: {},
    harmless: null,
    container: null,
    firstCredentialMs: null,
    remainingSeconds: null,
  };
}

function readSteps(log: string, { container }: PlannedProbe): Steps | string {
  const steps: Steps = new Map();
  for (const text of log.split('\n')) {
    if (text.trim() === '') continue;
    const line = readLine(text);
    if (line === null) return `its log holds a line that is not the script's: "${text.slice(0, 80)}"`;
    const step = line.step!;
    if (step === 'fatal') return line.why ?? 'the script gave up';
    if (!STEPS.has(step)) return `its log holds an unknown step "${step}"`;
    if (steps.has(step)) return `its log holds the step "${step}" twice`;
    if (steps.size === 0 && step !== 'start') return `its log starts with "${step}"`;
    steps.set(step, line);
  }
  if (steps.size === 0) return 'its log is empty';
  if (steps.get('start')!.format !== SCRIPT_FORMAT) return 'its log is of another version of the script';
  const last = [...steps.keys()].at(-1);
  if (last !== 'end') return `its log ends after "${last}"`;
  if (!steps.has('token') || !steps.has('listing') || !steps.has('canary')) return 'its log lacks a step';
  if (container !== null && !steps.has('container')) return 'its log lacks the step "container"';
  return steps;
}

function readLine(text: string): Line | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  if (!Object.values(value).every((member) => typeof member === 'string')) return null;
  return typeof (value as Line).step === 'string' ? (value as Line) : null;
}

function httpAnswer(line: Line): HttpAnswer {
  const status = Number.parseInt(line.http ?? '', 10) || 0;
  return {
    status,
    ms: Math.round(Number(line.seconds) * 1000) || 0,
    failure: status === 0 || line.error ? curlWords(line.error) : null,
    body: orNull(line.body),
  };
}

/** `Failed to connect to 169.254.169.254 port 80 after 1 ms: Connection refused` → its last part. */
function curlWords(error: string | undefined): string {
  if (!error) return 'no answer';
  return /timed out/i.test(error) ? 'timed out' : error.replace(/^Failed to connect to .*: (?=\S)/, '');
}

const attempt = (line: Line): Attempt => ({
  ...httpAnswer(line),
  path: line.path ?? '',
  code: orNull(line.code),
  leaked: line.leaked === 'true',
});

const orNull = (text: string | undefined): string | null => (text === undefined || text === '' ? null : text);

function containerAnswer({ url, token }: ProvableAsk, steps: Steps): ContainerObservation {
  const document = documentAnswer(steps.get('container'))!;
  const hasCredentials = document.keyIdEnding !== null;
  return {
    url,
    audience: token.kind === 'projected' ? token.audience : null,
    document,
    caller: callerIdentity(steps.get('container-caller')),
    attempts: attemptsOf(TOKEN_ATTEMPTS, steps),
    firstCredentialMs: hasCredentials ? document.ms : null,
    remainingSeconds: hasCredentials ? remaining(document.expiration, steps.get('start')!.now) : null,
  };
}

function attemptsOf<Name extends string>(
  names: readonly Name[],
  steps: Steps,
): Partial<Record<Name, Attempt>> {
  const made = names.flatMap((name): [Name, Attempt][] => {
    const line = steps.get(name);
    return line ? [[name, attempt(line)]] : [];
  });
  return Object.fromEntries(made) as Partial<Record<Name, Attempt>>;
}

function documentAnswer(line: Line | undefined): DocumentAnswer | null {
  if (!line) return null;
  return {
    ...httpAnswer(line),
    asked: line.role ?? '',
    code: orNull(line.code),
    keyIdEnding: orNull(line.key),
    expiration: orNull(line.expiration),
    message: orNull(line.message),
  };
}

function callerIdentity(line: Line | undefined): CallerIdentity | null {
  if (!line) return null;
  return {
    ...httpAnswer(line),
    arn: orNull(line.arn),
    errorCode: orNull(line.code),
    message: orNull(line.message?.trim()),
  };
}

function canaryAnswer(line: Line | undefined): CanaryAnswer | null {
  if (!line) return null;
  const answer = httpAnswer(line);
  const none = { ...answer, isProxy: false, version: null, daemonNode: null, takenFor: null };
  if (answer.status !== 200 || answer.body === null) return none;
  let value: { 'pod-iam'?: unknown; version?: unknown; node?: unknown; caller?: unknown };
  try {
    value = JSON.parse(answer.body);
  } catch {
    return none;
  }
  if (value?.['pod-iam'] !== true) return none;
  const caller = value.caller as { namespace?: unknown; pod?: unknown } | null | undefined;
  const isNamed = typeof caller?.namespace === 'string' && typeof caller.pod === 'string';
  return {
    ...answer,
    isProxy: true,
    version: typeof value.version === 'string' ? value.version : null,
    daemonNode: typeof value.node === 'string' ? value.node : null,
    takenFor: isNamed ? `${caller.namespace}/${caller.pod}` : null,
  };
}

function remaining(expiration: string | null, now: string | undefined): number | null {
  const end = expiration === null ? Number.NaN : Date.parse(expiration);
  const start = Number(now);
  return Number.isFinite(end) && Number.isFinite(start) ? Math.floor(end / 1000 - start) : null;
}
