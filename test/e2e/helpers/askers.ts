// Pods that ask for their credentials all the time, and what their logs say of every round.
import { readFileSync } from 'node:fs';
import { NAMESPACE, restricted } from './pods.ts';
import { kubectl } from './run.ts';
import { settings } from './settings.ts';

const asker = readFileSync(new URL('./asker.py', import.meta.url), 'utf8');

/** How a step ended: an HTTP status, or `refused`, `timeout`, `reset`, an errno. */
export type Outcome = number | string;

export interface Round {
  atMs: number;
  tookMs: number;
  /** The listing, asked for with a token from the pod's first round, or from the last that was refused. */
  kept?: Outcome;
  token: Outcome;
  tokenMs: number;
  listing?: Outcome;
  document?: Outcome;
  role?: string;
  key?: string;
  /** `2026-01-31T23:59:59Z` */
  expires?: string;
  /** Of an answer that is no success. */
  body?: string;
}

export interface Asker {
  name: string;
  node: string;
  role?: string;
  /** Between the beginnings of two rounds; default 1 s. */
  everySeconds?: number;
  /** In Python; default the asker. */
  program?: string;
}

export const askerPod = ({ name, node, role, everySeconds = 1, program = asker }: Asker): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name,
    namespace: NAMESPACE,
    labels: { app: 'asker' },
    ...(role && { annotations: { 'iam.amazonaws.com/role': role } }),
  },
  spec: {
    nodeName: node,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'main',
        image: settings.sdkImage,
        imagePullPolicy: 'IfNotPresent',
        command: ['python3', '-c', program],
        env: [{ name: 'PERIOD_SECONDS', value: String(everySeconds) }],
        securityContext: restricted,
      },
    ],
  },
});

/** Starts the pods; resolves when all of them run. */
export async function startAskers(askers: readonly Asker[]): Promise<void> {
  await createAskers(askers);
  const names = askers.map(({ name }) => `pod/${name}`);
  await kubectl(['-n', NAMESPACE, 'wait', ...names, '--for=condition=Ready', '--timeout=180s']);
}

export const createAskers = (askers: readonly Asker[]): Promise<string> =>
  kubectl(
    ['create', '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items: askers.map(askerPod) }),
  );

export async function removeAskers(): Promise<void> {
  await kubectl(['-n', NAMESPACE, 'delete', 'pods', '-l', 'app=asker', '--now', '--wait']);
}

/** Every round that the pod's container of this life (or of its previous one) has finished. */
export async function roundsOf(name: string, { previous = false } = {}): Promise<Round[]> {
  const text = await kubectl([
    '-n',
    NAMESPACE,
    'logs',
    name,
    '--tail=-1',
    ...(previous ? ['--previous'] : []),
  ]);
  return text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Round);
}

/** Whether every step of the round was answered with success. */
export const isServed = ({ kept = 200, document }: Round): boolean => kept === 200 && document === 200;

/** Whether a token of long ago was refused, upon which the pod takes another. */
export const isTokenRefused = ({ kept }: Round): boolean => kept === 401;

/** Resolves with the pod's first round that is as wanted. */
export async function awaitRound(
  name: string,
  isWanted: (round: Round) => boolean,
  timeoutMs = 120_000,
): Promise<Round> {
  for (const endMs = Date.now() + timeoutMs; ; ) {
    const rounds = await roundsOf(name).catch(() => []);
    const found = rounds.find(isWanted);
    if (found) return found;
    if (Date.now() > endMs)
      throw new Error(
        `${name} had no such round in ${timeoutMs} ms; its last: ${JSON.stringify(rounds.at(-1))}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** `document 200: 58, token refused: 2`: how often the last step of a round ended how. */
export function tally(rounds: readonly Round[]): string {
  const counts = new Map<string, number>();
  for (const { kept, token, listing, document } of rounds) {
    const end =
      document !== undefined
        ? `document ${document}`
        : listing !== undefined
          ? `listing ${listing}`
          : `token ${token}`;
    const key = kept !== undefined && kept !== 200 ? `kept ${kept}` : end;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => `${key}: ${count}`).join(', ');
}

export const slowestMs = (rounds: readonly Round[]): number =>
  Math.max(...rounds.map(({ tookMs }) => tookMs));

/** Lengths of the spans without service: from the last round that was served to the next one. */
export function gapsMs(rounds: readonly Round[]): number[] {
  const gaps: number[] = [];
  let lastServedMs: number | null = null;
  let isBroken = false;
  for (const round of rounds) {
    if (!isServed(round)) {
      isBroken = true;
      continue;
    }
    if (isBroken && lastServedMs !== null) gaps.push(round.atMs - lastServedMs);
    isBroken = false;
    lastServedMs = round.atMs;
  }
  return gaps;
}

/** The upper one of an even number. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
