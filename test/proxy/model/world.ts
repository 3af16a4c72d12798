// One life of a daemon in the model's world: the real watches, index, decision, vault, gate and routes,
// on hand-driven clocks, between an API server and an STS that fail in every way. Each answer is held
// against the oracle in the moment in which it is given.

import { parseDaemonFlags } from '../../../src/model/daemon-flags.ts';
import { type Core, startCore } from '../../../src/proxy/core.ts';
import { withAttempts } from '../../../src/proxy/credentials/attempts.ts';
import { Gate } from '../../../src/proxy/credentials/gate.ts';
import { createLog } from '../../../src/proxy/log.ts';
import type { Metrics } from '../../../src/proxy/metrics.ts';
import { router } from '../../../src/proxy/routes/answer.ts';
import { readSettings } from '../../../src/proxy/settings.ts';
import type { HandClocks } from '../../helpers/clocks.ts';
import { ModelApi } from './api.ts';
import { type Asked, checkAnswer, checkHoldings, noteHoldings } from './check.ts';
import { Cluster, HOST_ADDRESS, NODE } from './cluster.ts';
import { Oracle, type Rules } from './oracle.ts';
import { BASE, DEFAULT_ROLE } from './rules.ts';
import type { Sabotage } from './sabotage.ts';
import { ModelSts } from './sts.ts';

export interface ModelOptions {
  rules: Rules;
  clocks: HandClocks;
  /** Breaks the daemon on purpose, to see that it is noticed. */
  sabotage?: Sabotage;
}

export interface Token {
  text: string;
  address: string;
  /** By the clock that no setting moves. */
  givenAtMs: number;
  ttlMs: number;
  /** How far the node's clock was ahead when the process began that gave it. */
  aheadMs: number;
}

const KEY = Buffer.alloc(32, 7);
const noMetrics: Metrics = {
  registry: null as never,
  request() {},
  stsCall() {},
  issued() {},
  hit() {},
  putOff() {},
  refused() {},
  watchRestarted() {},
  tokenReviewed() {},
  event() {},
  connectionClosed() {},
};

export class ModelWorld {
  readonly rules: Rules;
  readonly clocks: HandClocks;
  readonly cluster = new Cluster();
  readonly sts: ModelSts;
  readonly tokens: Token[] = [];
  /** Requests that have no answer yet. */
  readonly open = new Set<Asked>();
  /** Answers with credentials or a role, and all. */
  readonly counts = { answers: 0, roles: 0, credentials: 0, held: 0 };
  oracle!: Oracle;
  api!: ModelApi;
  core!: Core;
  failure: unknown = null;
  /** By how much the node's clock has been set forward in all. */
  aheadMs = 0;
  /** Time that the machine has slept: no timer ran, and the steady clock stood still. */
  asleepMs = 0;
  /** The node's clock against the true time when this process began. */
  startedAheadMs = 0;
  startedAtMs = 0;
  /** Time slept before this process began. */
  startedAsleepMs = 0;
  /** When the last step was taken, or word of it came, that asks for credentials anew. */
  lastChangeMs = 0;
  /** When the node's clock last jumped, by a setting or a sleep. */
  jumpedAtMs = 0;
  /** Identities that pods have, as of the last message. */
  held: ReadonlySet<string> = new Set();
  /** That of each pod by its UID, and how many it has had since this process began. */
  identityOf: ReadonlyMap<string, string> = new Map();
  identities = new Map<string, number>();
  /** When a pod was last known to have an identity. */
  readonly lastHeldMs = new Map<string, number>();
  readonly #sabotage: Sabotage | undefined;
  #process = 0;
  #route!: ReturnType<typeof router>;

  constructor({ rules, clocks, sabotage }: ModelOptions) {
    this.rules = rules;
    this.clocks = clocks;
    this.#sabotage = sabotage;
    this.sts = new ModelSts(
      () => this.trueMs(),
      (identity) => this.#check(() => checkHoldings(this, identity)),
    );
    for (const namespace of ['shop', 'bank']) this.cluster.setNamespace(namespace, '["*"]');
    this.start();
  }

  /** The time of the world outside. */
  trueMs(): number {
    return this.clocks.startMs + this.clocks.nowMs + this.asleepMs;
  }

  start(): void {
    this.oracle = new Oracle(this.rules);
    this.identityOf = new Map();
    this.identities = new Map();
    const before = this.api;
    this.api = new ModelApi(this.cluster, this.oracle);
    if (before) Object.assign(this.api, { state: before.state, lagMs: before.lagMs, oldest: before.oldest });
    this.oracle.onMessage = () => {
      this.#noteSpeakers();
      noteHoldings(this);
    };
    this.startedAheadMs = this.aheadMs;
    this.startedAsleepMs = this.asleepMs;
    this.startedAtMs = this.clocks.nowMs;
    this.clocks.restartProcess();
    const { rules } = this;
    const settings = readSettings(
      parseDaemonFlags([
        `--node=${NODE}`,
        '--api-server=http://unused',
        `--base-role-arn=${BASE}`,
        `--host-ip=${HOST_ADDRESS}`,
        `--session-name=${rules.isShared ? 'shared' : '{namespace}.{pod}'}`,
        `--session-duration=${rules.sessionSeconds}s`,
        ...(rules.hasDefault ? [`--default-role=${DEFAULT_ROLE}`] : []),
        ...(rules.hasRestrictions ? ['--namespace-restrictions'] : []),
        ...(rules.announced ? ['--announced-addresses'] : []),
      ]),
      {},
    );
    // The calls of a process that is gone are nobody's.
    const nth = ++this.#process;
    const issue = withAttempts(new Gate(), (identity) =>
      nth === this.#process ? this.sts.ask(identity) : new Promise(() => {}),
    );
    this.core = startCore(
      settings,
      {
        api: this.api,
        imds: null as never,
        sts: { issue, caller: async () => 'arn:aws:sts::111122223333:assumed-role/node/i-1' },
      },
      { log: createLog('silent'), metrics: noMetrics },
    );
    this.core.parts.tokens.useKey(KEY);
    this.#sabotage?.(this.core, this.sts);
    this.#route = router(this.core.parts);
  }

  restart(): void {
    this.stop();
    this.sts.forget();
    this.start();
  }

  stop(): void {
    this.core.close();
    this.api.breakWatches(new Error('the process is gone'));
    this.open.clear();
  }

  /** Sends a request and holds its answer against the oracle, whenever it comes. */
  ask(asked: Omit<Asked, 'arrivedAtMs' | 'speakers'>): void {
    const request: Asked = {
      ...asked,
      arrivedAtMs: this.clocks.nowMs,
      speakers: [this.oracle.speaker(asked.address)?.uid ?? null],
    };
    const token = asked.token;
    const routed = this.#route({
      method: asked.kind === 'token' ? 'PUT' : 'GET',
      requestLine: lineOf(request),
      address: asked.address,
      arrivedAtMs: performance.now(),
      header: (name) =>
        name === 'host'
          ? '169.254.169.254'
          : name === 'x-aws-ec2-metadata-token'
            ? (token ?? undefined)
            : name === 'x-aws-ec2-metadata-token-ttl-seconds'
              ? String(request.ttlSeconds)
              : undefined,
    });
    const take = ({ answer }: { answer: { status: number; body: string | Buffer } }): void => {
      if (routed instanceof Promise && !this.open.delete(request)) return;
      this.#check(() => checkAnswer(this, request, answer.status, String(answer.body)));
    };
    if (!(routed instanceof Promise)) {
      take(routed);
      return;
    }
    this.open.add(request);
    this.counts.held++;
    routed.then(take, (error: unknown) => {
      this.failure ??= error;
    });
  }

  /** Lets time pass, one timer after the other, so that each finds a settled world. */
  async pass(ms: number): Promise<void> {
    await drain();
    const endMs = this.clocks.nowMs + ms;
    while (this.failure === null) {
      const nextMs = this.clocks.nextAtMs();
      if (nextMs > endMs) break;
      this.clocks.tick(Math.max(0, nextMs - this.clocks.nowMs));
      await drain();
    }
    this.clocks.tick(Math.max(0, endMs - this.clocks.nowMs));
    if (this.failure !== null) throw this.failure;
  }

  #noteSpeakers(): void {
    for (const asked of this.open) {
      const uid = this.oracle.speaker(asked.address)?.uid ?? null;
      if (asked.speakers.at(-1) !== uid) asked.speakers.push(uid);
    }
  }

  /** What is wrong must not be caught by the daemon. */
  #check(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.failure ??= error;
    }
  }
}

function lineOf({ kind, role }: Asked): string {
  if (kind === 'token') return '/latest/api/token';
  if (kind === 'canary') return '/-/pod-iam';
  if (kind === 'info') return '/latest/meta-data/iam/info';
  const listing = '/latest/meta-data/iam/security-credentials/';
  return kind === 'listing' ? listing : listing + encodeURIComponent(role!);
}

/** Until every promise that can go on has gone on. */
const drain = (): Promise<void> => new Promise((done) => setImmediate(done));
