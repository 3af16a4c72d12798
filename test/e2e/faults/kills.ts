// The daemon is killed again and again while pods ask: a pod finds nobody, or its own role.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { V1Pod } from '@kubernetes/client-node';
import {
  type Asker,
  awaitRound,
  gapsMs,
  isServed,
  median,
  type Outcome,
  type Round,
  removeAskers,
  roundsOf,
  startAskers,
  tally,
} from '../helpers/askers.ts';
import { onNode, processesOn } from '../helpers/cluster.ts';
import { until } from '../helpers/moto.ts';
import { kubectl } from '../helpers/run.ts';
import { figure, type Stage, watchLeaks } from '../helpers/stage.ts';

const KILLS_PER_NODE = 10;
const DAEMON = 'run.cjs --';

export function killFaults(stage: () => Stage): void {
  describe('the daemon killed twenty times under load', () => {
    let askers: Asker[];
    before(async () => {
      // Twenty rounds of four requests each second.
      askers = stage().nodes.flatMap((node) =>
        ['blue', 'red'].map((role) => ({ name: `${role}-${node}`, node, role, everySeconds: 0.2 })),
      );
      await startAskers(askers);
    });
    after(removeAskers);

    it('lets no pod have another role or reach the node, and session tokens outlive it', async (test) => {
      const { nodes, requireOwnRole } = stage();
      for (const { name } of askers) await awaitRound(name, isServed);
      const leaks = watchLeaks();
      const beganMs = Date.now();
      const kills = new Map(
        await Promise.all(nodes.map(async (node) => [node, await killMany(node, stage())] as const)),
      );
      const endMs = Date.now();
      figure(test, 'kills', KILLS_PER_NODE * nodes.length, `in ${((endMs - beganMs) / 1000).toFixed(0)} s`);

      assert.deepEqual(leaks(), [], 'requests reached the real metadata service');
      const roundsOfNodes = new Map<string, Round[]>(nodes.map((node) => [node, []]));
      for (const { name, node, role } of askers) {
        const rounds = (await roundsOf(name)).filter(({ atMs }) => atMs > beganMs && atMs < endMs);
        requireOwnRole(rounds, role!);
        const spans = kills.get(node)!;
        const odd = rounds.filter(
          (round) =>
            !isServed(round) &&
            !isCutOff(round) &&
            !(isTimeout(round) && spans.some((span) => isWithin(span, round))),
        );
        assert.deepEqual(odd, [], `${name}: ${tally(rounds)}`);
        assert.ok(rounds.some(isServed), name);
        const gaps = gapsMs(rounds);
        figure(test, name, `${tally(rounds)}; ${gaps.length} gaps, median ${median(gaps)} ms`);
        roundsOfNodes.get(node)!.push(...rounds);
      }
      // The control: at each kill some pod was asking, and found nobody.
      for (const [node, spans] of kills)
        for (const [index, span] of spans.entries())
          assert.ok(
            span.mayGoUnseen ||
              roundsOfNodes.get(node)!.some((round) => isCutOff(round) && isWithin(span, round)),
            `nobody on ${node} saw kill ${index + 1} of ${JSON.stringify(spans)}`,
          );
    });
  });
}

/** From a kill until the next daemon was ready. */
interface Span {
  fromMs: number;
  toMs: number;
  /** Without a new pod the daemon may be back before anyone asks again. */
  mayGoUnseen: boolean;
}

const isWithin = ({ fromMs, toMs }: Span, { atMs, tookMs }: Round): boolean =>
  atMs + tookMs >= fromMs && atMs <= toMs;

async function killMany(node: string, stage: Stage): Promise<Span[]> {
  const spans = [await killDaemon(node, stage)];
  while (spans.length < KILLS_PER_NODE) spans.push(await killDaemon(node, stage, { withPod: true }));
  await delay(500);
  return spans;
}

const hasStep = ({ kept, token, listing, document }: Round, outcome: Outcome): boolean =>
  [kept, token, listing, document].includes(outcome);

/** Nobody listened, or the one who did was killed before the answer. */
const isCutOff = (round: Round): boolean => hasStep(round, 'refused') || hasStep(round, 'reset');

/** What a busy machine makes of the same. */
const isTimeout = (round: Round): boolean => hasStep(round, 'timeout');

/**
 * Kills the process, and resolves when its successor is ready. The kubelet makes a container that ends
 * often wait for minutes; with a new pod in its place it starts at once.
 */
async function killDaemon(node: string, stage: Stage, { withPod = false } = {}): Promise<Span> {
  const pod = await podOf(node);
  const [daemon] = await processesOn(node, DAEMON);
  const fromMs = Date.now();
  await onNode(node, 'kill', '-9', daemon!);
  if (withPod) await replacePod(node, stage, pod);
  await awaitReady(node, stage, async () => !(await processesOn(node, DAEMON)).includes(daemon!));
  const toMs = Date.now();
  await delay(1_500);
  return { fromMs, toMs, mayGoUnseen: !withPod };
}

/** Deletes the daemon's pod, and resolves when another is ready. */
export const replaceDaemon = async (node: string, stage: Stage): Promise<void> =>
  replacePod(node, stage, await podOf(node));

async function replacePod(node: string, stage: Stage, pod: DaemonPod): Promise<void> {
  await kubectl(['-n', 'pod-iam', 'delete', 'pod', pod.name, '--grace-period=0', '--force']);
  // By its pod: the kubelet may have started the old pod's container again before it saw the deletion.
  await awaitReady(node, stage, async () => {
    const now = await podOf(node);
    return now.uid !== pod.uid && now.isReady;
  });
}

interface DaemonPod {
  name: string;
  uid: string;
  isReady: boolean;
}

/** The only one on the node. */
async function podOf(node: string): Promise<DaemonPod> {
  const { items } = JSON.parse(
    await kubectl([
      ...['-n', 'pod-iam', 'get', 'pods', '-l', 'app.kubernetes.io/name=pod-iam', '-o', 'json'],
      ...['--field-selector', `spec.nodeName=${node}`],
    ]),
  ) as { items: V1Pod[] };
  const [pod, ...others] = items;
  if (!pod || others.length > 0) throw new Error(`${items.length} pods of the daemon on ${node}`);
  return {
    name: pod.metadata!.name!,
    uid: pod.metadata!.uid!,
    isReady:
      pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
  };
}

/** Resolves when the node's one daemon, which is another by this measure, is ready. */
const awaitReady = (node: string, { admin }: Stage, isAnother: () => Promise<boolean>): Promise<void> =>
  until(
    async () =>
      (await processesOn(node, DAEMON)).length === 1 &&
      (await isAnother()) &&
      (await admin(node, '/readyz')).includes('"ready":true'),
    180_000,
    `another daemon on ${node}`,
  );
