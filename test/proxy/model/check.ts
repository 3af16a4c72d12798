// What must hold of each answer, and of each call to STS.
import assert from 'node:assert/strict';
import { STS_REFUSED } from '../../../src/model/sts-refusal.ts';
import type { Identity } from '../../../src/proxy/credentials/types.ts';
import type { Expected, ToldPod } from './oracle.ts';
import type { ModelWorld } from './world.ts';

/** What the model holds of the session token that a request carries. */
export type Judgement = 'good' | 'bad' | 'unsure';

export interface Asked {
  kind: 'token' | 'listing' | 'document' | 'info' | 'canary';
  address: string;
  /** The role that a document is asked for. */
  role: string | null;
  token: string | null;
  /** That a token is asked for. */
  ttlSeconds?: number;
  judgement: Judgement;
  arrivedAtMs: number;
  /** UIDs of those who might speak from the address while it was open, each once it changed. */
  speakers: (string | null)[];
}

const POD_WAIT_MS = 900;
const CALLER_PATIENCE_MS = 4_000;
/** STS has been well for this long: every identity has come out of its last failure. */
const RECOVERED_MS = 75_000;
/** After a jump of the node's clock the daemon has seen for itself what it has run out of. */
const NOTICED_MS = 32_000;
const MIN_LEFT_MS = 25 * 60_000;

export function checkAnswer(world: ModelWorld, asked: Asked, status: number, body: string): void {
  world.counts.answers++;
  const tookMs = world.clocks.nowMs - asked.arrivedAtMs;
  const say = (what: string): string =>
    `${asked.kind} of ${asked.address}${asked.role === null ? '' : ` for ${asked.role}`}: ${what}; answered ${status} ${body.slice(0, 200)} after ${tookMs} ms`;
  if (asked.kind === 'token') {
    assert.deepEqual([status, tookMs], [200, 0], say('a token comes at once'));
    keepToken(world, asked, body);
    return;
  }
  if (asked.kind === 'canary') {
    checkCanary(world, asked, body, say);
    return;
  }
  if (asked.judgement === 'bad') {
    assert.deepEqual([status, tookMs], [401, 0], say('the token is not good'));
    return;
  }
  if (status === 401) {
    assert.equal(asked.judgement, 'unsure', say('the token is good'));
    return;
  }
  assert.notEqual(status, 500, say('a defect'));
  // A pod that changes its role while it is asked about is asked about anew.
  const patience = POD_WAIT_MS + CALLER_PATIENCE_MS * 3 + 10;
  assert.ok(tookMs <= (asked.kind === 'listing' ? POD_WAIT_MS + 1 : patience), say('too late'));

  const verdict = world.oracle.verdict(asked.address);
  const isUnknown = status === 404 && body.includes('UnknownCaller');
  if (isUnknown) {
    assert.ok(verdict.who === null || asked.speakers.length > 1, say('its pod is known'));
    assert.ok(
      asked.speakers.length > 1 || tookMs >= POD_WAIT_MS - 1 || asked.address === HOST,
      say('a pod may still come'),
    );
    return;
  }
  assert.ok(verdict.who !== null, say('nobody is known there'));
  checkOrigin(world, asked, verdict.who, say);
  if (verdict.status !== 200) {
    assert.equal(status, verdict.status, say('the pod has no role now'));
    assert.ok(!isOfSts(body), say('STS need not be asked'));
    return;
  }
  const { role } = verdict;
  if (asked.kind === 'document' && asked.role !== role.listed && asked.role !== role.roleArn) {
    assert.equal(status, 403, say(`its role is ${role.listed}`));
    assert.ok(!isOfSts(body), say('STS need not be asked'));
    return;
  }
  if (asked.kind === 'listing') {
    world.counts.roles++;
    assert.deepEqual([status, body], [200, role.listed], say(`its role is ${role.listed}`));
    return;
  }
  if (status === 200) checkGiven(world, asked, role, body, say);
  else if (JSON.parse(body).Code === 'ChangedTooOften') {
    assert.equal(status, 503, say('it may ask again'));
    assert.ok(isRestless(world, verdict.who), say('it has not changed that often'));
  } else checkFailure(world, role, { status, body }, say);
}

const HOST = '10.9.0.250';
const IDENTITIES_AT_ONCE = 5;

/** Whatever the rules say: a pod that really has the address, and is known to, is never taken for another. */
function checkOrigin(world: ModelWorld, asked: Asked, speaker: ToldPod, say: (what: string) => string): void {
  const real = world.cluster.holderOf(asked.address);
  if (!real || real.uid === speaker.uid) return;
  const told = world.oracle.pods.get(real.uid);
  if (!told?.speaks || !told.reported.includes(asked.address)) return;
  const { oracle } = world;
  // Both came in one list, and nothing in it tells who came first.
  if (oracle.cameAt(asked.address, real.uid) === oracle.cameAt(asked.address, speaker.uid)) return;
  assert.fail(say(`${speaker.uid} speaks for ${real.uid}`));
}

function checkCanary(world: ModelWorld, asked: Asked, body: string, say: (what: string) => string): void {
  const { caller, role } = JSON.parse(body) as { caller: { pod: string } | null; role: string | null };
  const verdict = world.oracle.verdict(asked.address);
  assert.equal(caller?.pod ?? null, verdict.who?.name ?? null, say('the caller'));
  const expected = verdict.who && verdict.status === 200 ? verdict.role.roleArn : null;
  assert.equal(role, expected, say('the role'));
}

function checkGiven(
  world: ModelWorld,
  asked: Asked,
  role: Expected,
  body: string,
  say: (what: string) => string,
): void {
  world.counts.roles++;
  const document = JSON.parse(body) as Record<string, string>;
  if (asked.kind === 'info') {
    const profile = role.roleArn.replace(':role/', ':instance-profile/');
    assert.equal(document['InstanceProfileArn'], profile, say('the profile'));
    return;
  }
  world.counts.credentials++;
  const issued = world.sts.issued.get(document['AccessKeyId']!);
  assert.ok(issued, say('keys that STS has not given'));
  const { roleArn, externalId, sessionName } = issued.identity;
  assert.deepEqual(
    { roleArn, externalId, sessionName },
    { roleArn: role.roleArn, externalId: role.externalId, sessionName: role.sessionName },
    say('credentials of somebody else'),
  );
  assert.equal(Date.parse(document['Expiration']!), issued.expiresAtMs, say('the expiration'));
  const leftMs = issued.expiresAtMs - world.trueMs();
  assert.ok(leftMs > 0, say(`expired ${-leftMs} ms ago`));
  const leastMs = Math.min(MIN_LEFT_MS, (issued.lifeMs * 5) / 12) - 2_000;
  if (isStsWellFor(world, role.roleArn)) assert.ok(leftMs >= leastMs, say(`only ${leftMs} ms left`));
}

function checkFailure(
  world: ModelWorld,
  role: Expected,
  { status, body }: { status: number; body: string },
  say: (what: string) => string,
): void {
  const isRefusal = status === 403 && isOfSts(body);
  assert.ok(isRefusal || status === 503, say('neither credentials nor a failure of STS'));
  assert.ok(!isStsWellFor(world, role.roleArn), say('STS is well'));
  if (isRefusal) assert.ok(world.sts.refused.has(role.roleArn), say('STS has never refused it'));
}

/** Whether a refusal is STS's own: by its status alone it could be the daemon's. */
const isOfSts = (body: string): boolean => JSON.parse(body).Code === STS_REFUSED;

/** Whether STS has answered well for long enough, this role too. */
function isStsWellFor(world: ModelWorld, roleArn: string): boolean {
  const since = world.sts.refused.get(roleArn) ?? Number.NEGATIVE_INFINITY;
  return world.sts.wellMs > RECOVERED_MS && world.clocks.nowMs - since > RECOVERED_MS;
}

/** No call is made for a role that no pod has, save one that was begun while some pod had it. */
export function checkHoldings(world: ModelWorld, identity: Identity): void {
  const key = keyOf(identity);
  noteHoldings(world);
  const lastMs = world.lastHeldMs.get(key) ?? Number.NEGATIVE_INFINITY;
  assert.ok(
    world.clocks.nowMs - lastMs < 60_000,
    `a call for ${key}, which no pod has had for ${world.clocks.nowMs - lastMs} ms`,
  );
}

/** Called with each thing that the daemon is told: several may come at once. */
export function noteHoldings(world: ModelWorld): void {
  const before = world.held;
  const now = holders(world).map(({ pod, role }) => [pod.uid, keyOf(role)] as const);
  world.held = new Set(now.map(([, key]) => key));
  for (const key of [...before, ...world.held]) world.lastHeldMs.set(key, world.clocks.nowMs);
  const had = world.identityOf;
  world.identityOf = new Map(now);
  for (const [uid, key] of now) {
    if (had.get(uid) === key) continue;
    world.identities.set(uid, (world.identities.get(uid) ?? 0) + 1);
    // Word of it may come long after the step that brought it about.
    world.lastChangeMs = world.clocks.nowMs;
  }
}

/** Whether the daemon may put off what it needs: of one pod it asks STS for so many identities at once. */
const isRestless = (world: ModelWorld, { uid }: ToldPod): boolean =>
  (world.identities.get(uid) ?? 0) > IDENTITIES_AT_ONCE;

const keyOf = ({ roleArn, externalId, sessionName }: Omit<Identity, 'durationSeconds'>): string =>
  JSON.stringify([roleArn, externalId, sessionName]);

/** The pods that run and have an identity. */
function holders(world: ModelWorld): { pod: ToldPod; role: Expected }[] {
  return [...world.oracle.pods.values()].flatMap((pod) => {
    const verdict = pod.speaks ? world.oracle.judge(pod) : null;
    return verdict?.who && verdict.status === 200 ? [{ pod, role: verdict.role }] : [];
  });
}

/**
 * In a quiet moment: the daemon has heard all that the API server has to say, and has what its pods need
 * before they ask.
 */
export function checkQuiet(world: ModelWorld): void {
  const { clocks, startedAtMs } = world;
  const isHeard =
    world.api.state === 'up' && clocks.nowMs - Math.max(world.api.troubledAtMs, startedAtMs) > 60_000;
  if (isHeard) {
    const isHearing = world.api.hearing === (world.rules.hasRestrictions ? 2 : 1);
    // A server ends each watch after its time, and the next one is open a moment later.
    const isBetween = clocks.nowMs - world.api.endedAtMs < 50;
    assert.ok(isHearing || isBetween, 'a watch is not open though the API server is up');
    if (isHearing && world.api.isDelivered) checkTold(world);
  }
  if (world.sts.wellMs <= RECOVERED_MS || clocks.nowMs - world.lastChangeMs < 1_000) return;
  if (clocks.nowMs - world.jumpedAtMs < NOTICED_MS) return;
  const valid = new Set(
    [...world.sts.issued.values()]
      .filter(({ expiresAtMs }) => expiresAtMs > world.trueMs())
      .map(({ identity }) => keyOf(identity)),
  );
  for (const { pod, role } of holders(world))
    if (!world.sts.refused.has(role.roleArn) && !isRestless(world, pod))
      assert.ok(valid.has(keyOf(role)), `nothing was fetched for ${keyOf(role)}`);
}

function checkTold({ cluster, oracle, rules }: ModelWorld): void {
  const there = [...cluster.pods.values()].filter(({ node }) => node === 'node-1');
  assert.deepEqual([...oracle.pods.keys()].sort(), there.map(({ uid }) => uid).sort(), 'pods that it knows');
  for (const pod of there) {
    const told = oracle.pods.get(pod.uid)!;
    assert.deepEqual(told.annotations, pod.annotations, `what it knows of ${pod.uid}`);
    assert.equal(told.isTerminating, pod.isTerminating, `the end of ${pod.uid}`);
    assert.deepEqual(told.reported, pod.reported, `the addresses of ${pod.uid}`);
  }
  if (rules.hasRestrictions)
    assert.deepEqual([...oracle.namespaces].sort(), [...cluster.namespaces].sort(), 'namespaces');
}

function keepToken(world: ModelWorld, { address, ttlSeconds = 0 }: Asked, text: string): void {
  if (world.tokens.length >= 30) world.tokens.shift();
  world.tokens.push({
    text,
    address,
    givenAtMs: world.clocks.nowMs,
    ttlMs: ttlSeconds * 1000,
    aheadMs: world.startedAheadMs + world.startedAsleepMs,
  });
}
