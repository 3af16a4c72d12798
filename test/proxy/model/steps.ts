// The steps of a life: what may happen, how often, and how two numbers choose among what is there. Every
// step can be taken in every state, so that a failing life can be cut short at will.
import { CallFailure } from '../../../src/proxy/who/answers.ts';
import fc from '../../helpers/property.ts';
import { checkQuiet, type Judgement } from './check.ts';
import { ADDRESSES, annotationsFor, NODE, type Pod } from './cluster.ts';
import {
  ALL_ARNS,
  ANNOUNCED_KEY,
  EXTERNAL_IDS,
  LIST_TEXTS,
  listedAs,
  ROLE_TEXTS,
  SESSION_KEY,
} from './rules.ts';
import type { StsState } from './sts.ts';
import type { ModelWorld, Token } from './world.ts';

export interface Step {
  what: keyof typeof steps;
  a: number;
  b: number;
}

const MINUTE = 60_000;
const pick = <T>(list: readonly T[], n: number): T => list[n % list.length]!;

/** With one of the pods, if there is any. */
const withPod =
  (act: (world: ModelWorld, pod: Pod, b: number) => void) =>
  (world: ModelWorld, a: number, b: number): void => {
    const pods = [...world.cluster.pods.values()];
    if (pods.length > 0) act(world, pick(pods, a), b);
  };

const namespaces = ['shop', 'bank', 'shop', 'new'];
const roleAnnotations = (a: number, b: number): Record<string, string> => ({
  ...annotationsFor(pick(ROLE_TEXTS, a).text, pick(EXTERNAL_IDS, b).text),
  ...(b % 5 === 0 && { [SESSION_KEY]: 'told-so' }),
});

const steps = {
  create(world: ModelWorld, a: number, b: number) {
    if (world.cluster.pods.size >= 12) return;
    world.cluster.create({
      namespace: pick(namespaces, b >> 3),
      node: a % 11 === 0 ? 'node-2' : NODE,
      hostNetwork: b % 13 === 0,
      annotations: roleAnnotations(a, b),
    });
  },
  connect: withPod(({ cluster }, pod, b) => cluster.connect(pod, b)),
  announce: withPod(({ cluster }, pod) => {
    if (pod.real.length > 0 && !pod.hostNetwork)
      cluster.change(pod, { annotations: { ...pod.annotations, [ANNOUNCED_KEY]: pod.real.join(',') } });
  }),
  report: withPod(({ cluster }, pod) => cluster.report(pod)),
  reconnect: withPod(({ cluster }, pod, b) => cluster.reconnect(pod, b)),
  terminate: withPod(({ cluster }, pod) => cluster.change(pod, { isTerminating: true })),
  end: withPod(({ cluster }, pod) => cluster.end(pod)),
  remove: withPod(({ cluster }, pod, b) => {
    if (pod.isTerminating || pod.hasEnded || b % 3 === 0) cluster.remove(pod, b % 7 === 0);
  }),
  annotate: withPod(({ cluster }, pod, b) => {
    const announced = pod.annotations[ANNOUNCED_KEY];
    const kept: Record<string, string> = announced === undefined ? {} : { [ANNOUNCED_KEY]: announced };
    cluster.change(pod, { annotations: { ...roleAnnotations(b, b >> 4), ...kept } });
  }),
  /** What most pods do: an address, and word of it. */
  appear: withPod(({ cluster }, pod, b) => {
    cluster.connect(pod, b);
    cluster.report(pod);
  }),
  allow(world: ModelWorld, a: number, b: number) {
    world.cluster.setNamespace(pick(namespaces, a), pick(LIST_TEXTS, b).text);
  },
  dropNamespace: (world: ModelWorld, a: number) => world.cluster.removeNamespace(pick(namespaces, a)),

  breakWatch: (world: ModelWorld) => world.api.breakWatches(new CallFailure(0, 'broken')),
  endWatch: (world: ModelWorld) => world.api.breakWatches(),
  deafen: (world: ModelWorld) => world.api.deafen(),
  forget: (world: ModelWorld, a: number) => {
    if (a % 2 === 0) world.api.bookmark();
    world.api.forget();
    if (a % 3 === 0) world.api.say({ type: 'ERROR', object: { code: 410, message: 'too old' } });
    if (a % 3 === 1) world.api.breakWatches(new CallFailure(0, 'broken'));
  },
  bookmark: (world: ModelWorld) => world.api.bookmark(),
  badEvent: (world: ModelWorld) =>
    world.api.say({ type: 'ERROR', object: { code: 500, message: 'storage' } }),
  apiDown: (world: ModelWorld, a: number) => {
    world.api.state = a % 2 === 0 ? 'refusing' : 'hanging';
    if (a % 3 === 0) world.api.deafen();
    else world.api.breakWatches(new CallFailure(0, 'down'));
  },
  apiUp: (world: ModelWorld) => {
    world.api.state = 'up';
  },
  lag: (world: ModelWorld, a: number) => {
    world.api.lagMs = pick([0, 0, 5, 40, 300], a);
  },

  stsWell: (world: ModelWorld) => {
    world.sts.state = 'well';
  },
  stsIll: (world: ModelWorld, a: number) => {
    world.sts.state = pick<StsState>(['slow', 'throttling', 'failing', 'hanging', 'late'], a);
  },
  refuse: ({ sts }: ModelWorld, a: number) =>
    void sts.refused.set(pick(ALL_ARNS, a), Number.POSITIVE_INFINITY),
  allowAgain: ({ sts, clocks }: ModelWorld) => {
    for (const [arn, since] of sts.refused)
      if (since === Number.POSITIVE_INFINITY) sts.refused.set(arn, clocks.nowMs);
  },

  wait: (world: ModelWorld, a: number) => world.pass(a % 40),
  waitLonger: (world: ModelWorld, a: number) => world.pass(a % 2_500),
  waitMinutes: (world: ModelWorld, a: number) => world.pass((a % 4) * MINUTE + 15_000),
  waitHalfAnHour: (world: ModelWorld, a: number) => world.pass(((a % 45) + 5) * MINUTE),
  setClock(world: ModelWorld, a: number, b: number) {
    const ms = pick([-3 * 60, -61, -5, 1, 7, 59, 4 * 60], a) * MINUTE + (b % 1000);
    // A clock that was set back before a sleep would hide the sleep from anybody.
    if (ms < 0 && world.asleepMs > 0) return;
    world.aheadMs += ms;
    world.jumpedAtMs = world.clocks.nowMs;
    world.clocks.setWall(Date.now() + ms);
  },
  sleep(world: ModelWorld, a: number) {
    if (world.aheadMs !== 0) return;
    const ms = ((a % 70) + 1) * MINUTE;
    world.asleepMs += ms;
    world.jumpedAtMs = world.clocks.nowMs;
    world.clocks.setWall(Date.now() + ms);
  },
  restart: (world: ModelWorld) => world.restart(),

  token: (world: ModelWorld, a: number, b: number) =>
    world.ask({
      kind: 'token',
      address: pick(ADDRESSES, a),
      role: null,
      token: null,
      ttlSeconds: pick([1, 60, 300, 21_600], b),
      judgement: 'good',
    }),
  ask(world: ModelWorld, a: number, b: number) {
    // Mostly from where somebody is, or was a moment ago.
    const used = usedAddresses(world);
    const address = a % 5 === 0 || used.length === 0 ? pick(ADDRESSES, a >> 3) : pick(used, a >> 3);
    const own = world.core.parts.tokens.issue(address, 21_600);
    request(world, { address, text: own, judgement: 'good' }, b);
  },
  askByOldToken(world: ModelWorld, a: number, b: number) {
    if (world.tokens.length === 0) return;
    const token = pick(world.tokens, b);
    const address = a % 3 === 0 ? pick(ADDRESSES, a >> 2) : token.address;
    request(world, { address, text: token.text, judgement: judge(world, token, address) }, b >> 3);
  },
  askByNone: (world: ModelWorld, a: number, b: number) =>
    request(world, { address: pick(ADDRESSES, a), text: b % 2 ? null : 'rubbish', judgement: 'bad' }, b >> 1),
  quiet: checkQuiet,
};

function usedAddresses({ cluster }: ModelWorld): string[] {
  return [...cluster.pods.values()].flatMap(({ real, reported }) => [...real, ...reported, ...reported]);
}

const kinds = ['listing', 'document', 'document', 'document', 'info', 'canary'] as const;

function request(
  world: ModelWorld,
  { address, text, judgement }: { address: string; text: string | null; judgement: Judgement },
  b: number,
): void {
  const kind = pick(kinds, b);
  const verdict = world.oracle.verdict(address);
  const right = verdict.who && verdict.status === 200 ? verdict.role.listed : 'blue';
  // Mostly what the listing would say, as an SDK does.
  const role = kind !== 'document' ? null : b % 8 === 7 ? listedAs(pick(ALL_ARNS, b >> 3)) : right;
  world.ask({ kind, address, role, token: text, judgement });
}

/** Good for its whole time and for its address; a clock that was set before a restart makes the end unsure. */
function judge(world: ModelWorld, token: Token, address: string): Judgement {
  if (address !== token.address) return 'bad';
  const leftMs = token.ttlMs - (world.clocks.nowMs - token.givenAtMs);
  const shiftMs = Math.abs(world.startedAheadMs + world.startedAsleepMs - token.aheadMs);
  if (Math.abs(leftMs) <= shiftMs + 2) return 'unsure';
  return leftMs > 0 ? 'good' : 'bad';
}

const weights: Record<keyof typeof steps, number> = {
  create: 10,
  connect: 4,
  announce: 3,
  report: 6,
  reconnect: 2,
  terminate: 4,
  end: 3,
  remove: 4,
  annotate: 4,
  appear: 16,
  allow: 3,
  dropNamespace: 1,
  breakWatch: 2,
  endWatch: 1,
  deafen: 2,
  forget: 2,
  bookmark: 2,
  badEvent: 1,
  apiDown: 1,
  apiUp: 6,
  lag: 1,
  stsWell: 6,
  stsIll: 2,
  refuse: 1,
  allowAgain: 1,
  wait: 14,
  waitLonger: 8,
  waitMinutes: 3,
  waitHalfAnHour: 1,
  setClock: 2,
  sleep: 1,
  restart: 1,
  token: 3,
  ask: 40,
  askByOldToken: 5,
  askByNone: 1,
  quiet: 3,
};

/** A step, by weight. */
export const anyStep: fc.Arbitrary<Step> = fc.record(
  {
    what: fc.oneof(
      ...Object.entries(weights).map(([what, weight]) => ({
        weight,
        arbitrary: fc.constant(what as keyof typeof steps),
      })),
    ),
    a: fc.noBias(fc.nat(0xffff)),
    b: fc.noBias(fc.nat(0xffff)),
  },
  { noNullPrototype: true },
);

const changes: ReadonlySet<string> = new Set<keyof typeof steps>([
  ...(['create', 'report', 'announce', 'terminate', 'remove', 'annotate', 'appear', 'allow'] as const),
  ...(['dropNamespace', 'restart', 'apiUp', 'deafen', 'setClock', 'sleep', 'allowAgain', 'lag'] as const),
]);

export async function take(world: ModelWorld, { what, a, b }: Step): Promise<void> {
  if (changes.has(what)) world.lastChangeMs = world.clocks.nowMs;
  await steps[what](world, a, b);
  await world.pass(0);
}
