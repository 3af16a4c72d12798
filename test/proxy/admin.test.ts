// The operator's side: readiness and its reasons, the explanation, the metrics.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { BASE, CREDENTIALS, startWorld, until, type World } from './world.ts';

describe('the admin address', () => {
  let world: World;
  before(async () => {
    world = await startWorld(['--redirect=required']);
    await until('synced', () => world.api.openWatches() === 1);
  });
  after(() => world.close());

  const ready = async () => {
    const { status, body } = await world.admin('/readyz');
    return { status, ...(JSON.parse(body) as { ready: boolean; reasons: string[] }) };
  };
  const report = (value: unknown) =>
    writeFileSync(
      join(world.stateDir, 'redirect.json'),
      typeof value === 'string' ? value : JSON.stringify(value),
    );

  test('is healthy whatever is away', async () => {
    world.api.refuse = 503;
    assert.equal((await world.admin('/healthz')).status, 200);
    world.api.refuse = null;
  });

  test('is not ready as long as no process reports the redirect rule', async () => {
    assert.deepEqual(await ready(), {
      status: 503,
      ready: false,
      reasons: [
        `no process reports on the redirect rule (${world.stateDir}/redirect.json); give --redirect=external if something else keeps it`,
      ],
    });
  });

  test('is ready while the report is fresh and good, and not on an old, bad or broken one', async () => {
    const good = { inPlace: true, backend: 'nft', checkedAtMs: Date.now(), message: null };
    report(good);
    assert.deepEqual(await ready(), { status: 200, ready: true, reasons: [] });
    report({ ...good, checkedAtMs: Date.now() - 31_000 });
    assert.deepEqual((await ready()).reasons, ['the redirect rule was not checked for over 30 s']);
    report({ ...good, checkedAtMs: 'soon' });
    assert.equal((await ready()).status, 503);
    report({ ...good, inPlace: false, message: 'nft: not found' });
    assert.deepEqual((await ready()).reasons, ['the redirect rule is not in place: nft: not found']);
    report('{"inPlace":tr');
    assert.equal((await ready()).status, 503);
    report('null');
    assert.equal((await ready()).status, 503);
    report(good);
  });

  test('is not ready before the pods are known, and says why', async () => {
    world.api.refuse = 403;
    await world.restart();
    await until('the reason', async () => (await ready()).reasons.some((reason) => reason.includes('403')));
    assert.deepEqual((await ready()).reasons, [
      'the pods of this node are not known: the API server answered 403: refused on purpose',
    ]);
    world.api.refuse = null;
    await until('ready', async () => (await ready()).ready, 20_000);
  });

  test('explains a decision in its own words, without asking anybody', async () => {
    world.pod('closed', { ip: '127.26.0.1', role: 'closed' });
    await until('refusal', () => world.lines('refused').length === 1);
    const { status, body } = await world.admin('/-/explain?ip=127.26.0.1');
    const explained = JSON.parse(body) as Record<string, Record<string, unknown>>;
    assert.equal(status, 200);
    assert.deepEqual(explained['reasons'], [
      `the pod's iam.amazonaws.com/role is "closed", that is ${BASE}closed`,
    ]);
    assert.equal(explained['role']!['sessionName'], 'shop.closed');
    assert.equal((explained['credentials']!['failure'] as { code: string }).code, 'TP018');
  });

  test('explains an unknown address and a pod without role', async () => {
    world.pod('bare', { ip: '127.26.0.2' });
    await until('the pod', async () => (await world.admin('/-/explain?ip=127.26.0.2')).body.includes('bare'));
    assert.match((await world.admin('/-/explain?ip=127.26.0.2')).body, /"code":"LK001"/);
    assert.match((await world.admin('/-/explain?ip=10.9.9.9')).body, /no pod of this node is known/);
    assert.equal((await world.admin('/-/explain')).status, 400);
    for (const odd of ['abcd', 'host:80', '10.0.0'])
      assert.equal((await world.admin(`/-/explain?ip=${odd}`)).status, 400);
  });

  test('counts requests, calls, refusals and what it holds', async () => {
    world.pod('blue', { ip: '127.26.0.3', role: 'blue' });
    await until('credentials', () => world.lines('issued').length === 1);
    await world.get('127.26.0.3', `${CREDENTIALS}blue`);
    const { body, headers } = await world.admin('/metrics');
    assert.match(headers['content-type']!, /^text\/plain/);
    for (const line of [
      /^pod_iam_info\{version="[^"]+",node="node-1"\} 1$/m,
      /^pod_iam_pods 3$/m,
      /^pod_iam_credentials_held 1$/m,
      /^pod_iam_credentials_hits_total 1$/m,
      /^pod_iam_credentials_issued_total 1$/m,
      /^pod_iam_sts_calls_total\{outcome="refused"\} 1$/m,
      /^pod_iam_refusals_total\{check="TP018"\} 1$/m,
      /^pod_iam_requests_total\{route="document",status="200"\} 1$/m,
      /^# TYPE pod_iam_request_duration_seconds histogram$/m,
      /^pod_iam_request_duration_seconds_bucket\{le="5",route="document"\} 1$/m,
      /^pod_iam_request_duration_seconds_bucket\{le="\+Inf",route="document"\} 1$/m,
      /^pod_iam_request_duration_seconds_sum\{route="document"\} 0(\.\d+)?$/m,
      /^pod_iam_request_duration_seconds_count\{route="document"\} 1$/m,
      /^pod_iam_process_resident_memory_bytes /m,
    ])
      assert.match(body, line);
    assert.doesNotMatch(body, /^# TYPE (?!pod_iam_)/m);
  });
});

describe('a daemon whose redirect nobody spoke of', () => {
  let world: World;
  before(async () => {
    world = await startWorld(['--redirect=auto']);
    await until('synced', () => world.api.openWatches() === 1);
  });
  after(() => world.close());

  test('is ready without a report, and heeds one as soon as there is one', async () => {
    assert.equal((await world.admin('/readyz')).status, 200);
    const report = { inPlace: false, backend: 'nft', checkedAtMs: Date.now(), message: 'it was flushed' };
    writeFileSync(join(world.stateDir, 'redirect.json'), JSON.stringify(report));
    const { status, body } = await world.admin('/readyz');
    assert.equal(status, 503);
    assert.match(body, /the redirect rule is not in place: it was flushed/);
  });
});

describe('a daemon that has lost the API server', () => {
  let world: World;
  before(async () => {
    world = await startWorld();
  });
  after(() => world.close());

  const ready = async () =>
    JSON.parse((await world.admin('/readyz')).body) as { ready: boolean; reasons: string[] };

  test('says so when nothing is heard of the pods any more, and goes on serving those it knows', async (t) => {
    world.pod('known', { ip: '127.26.0.9', role: 'blue' });
    await until('the pod', async () => (await world.get('127.26.0.9', CREDENTIALS)).status === 200);
    const metric = async (name: string) =>
      Number(
        new RegExp(`^pod_iam_watch_${name}\\{resource="pods"\\} (\\S+)$`, 'm').exec(
          (await world.admin('/metrics')).body,
        )?.[1],
      );
    assert.equal(await metric('up'), 1);
    assert.ok((await metric('silent_seconds')) < 10);

    world.api.refuse = 503;
    world.api.breakWatches();
    await until('the loss', async () => (await metric('up')) === 0);
    assert.equal((await ready()).ready, true, 'a lost connection alone is nothing to tell');
    const now = performance.now.bind(performance);
    t.mock.method(performance, 'now', () => now() + 20_000);
    await until('the answer', async () => (await ready()).reasons.join().includes('503'));
    assert.match(
      (await ready()).reasons.join(),
      /^nothing was heard of the pods of this node for 2\d s: the API server answered 503: refused on purpose; those known before are served$/,
    );
    assert.ok((await metric('silent_seconds')) >= 20);
    assert.equal((await world.get('127.26.0.9', CREDENTIALS)).body, 'blue');

    world.api.refuse = null;
    await until('ready', async () => (await ready()).ready, 20_000);
    assert.equal(await metric('up'), 1);
    t.mock.restoreAll();
    world.removePod('known');
    await until(
      'gone',
      async () => !(await world.admin('/-/explain?ip=127.26.0.9')).body.includes('"known"'),
    );
  });
});
