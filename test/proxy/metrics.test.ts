// The metrics are those that docs/metrics.md lists, and no caller can make more of them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { createMetrics } from '../../src/proxy/metrics.ts';
import { CREDENTIALS, startWorld, until, type World } from './world.ts';

interface Family {
  type: string;
  labels: string[];
}

/** All but the process's own figures, from the text format. */
function familiesOf(text: string): Map<string, Family> {
  const families = new Map<string, Family>();
  for (const [, name, type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm))
    if (!/^pod_iam_(?:process|nodejs)_/.test(name!)) families.set(name!, { type: type!, labels: [] });
  for (const [, sample, labels] of text.matchAll(/^([a-z_]+)(?:\{([^}]*)\})? /gm)) {
    const family = families.get(sample!) ?? families.get(sample!.replace(/_(?:bucket|sum|count)$/, ''));
    if (!family) continue;
    const names = [...(labels ?? '').matchAll(/(\w+)="/g)].map(([, name]) => name!);
    family.labels = [...new Set([...family.labels, ...names.filter((name) => name !== 'le')])];
  }
  return families;
}

function familiesOfDocs(): Map<string, Family> {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8').split(
    '\n## Coming',
  )[0]!;
  const rows = page.matchAll(/^\| `(pod_iam_\w+)` \| (\w+) \|([^|]*)\|/gm);
  return new Map(
    [...rows].map(([, name, type, labels]) => [
      name!,
      { type: type!, labels: [...labels!.matchAll(/`(\w+)`/g)].map(([, label]) => label!) },
    ]),
  );
}

test('the docs list each metric with its type and its labels', async () => {
  const metrics = createMetrics('node-1', {
    pods: () => 0,
    connections: () => 0,
    stock: () => ({ held: 0, leastLeftMs: null }),
    watches: () => [{ resource: 'pods', isUp: true, silentMs: 0 }],
  });
  metrics.request('listing', 200, 0.1);
  metrics.stsCall('ok', 0.1);
  metrics.refused('LK001');
  metrics.watchRestarted('pods', 'closed');
  metrics.tokenReviewed('accepted');
  metrics.connectionClosed('idle');
  metrics.event('sent');
  const exposed = familiesOf(await metrics.registry.metrics());
  assert.deepEqual(Object.fromEntries([...exposed].sort()), Object.fromEntries([...familiesOfDocs()].sort()));
});

describe('whatever is sent', () => {
  let world: World;
  before(async () => {
    world = await startWorld(['--pod-wait=10ms']);
    world.pod('blue', { ip: '127.31.0.1', role: 'blue' });
    await until('credentials', () => world.lines('issued').length === 1);
  });
  after(() => world.close());

  test('no label holds a word of it, and the number of series has a bound', async () => {
    const headers = { 'x-aws-ec2-metadata-token': await world.token('127.31.0.1') };
    for (let i = 0; i < 60; i++) {
      await world.send('127.31.0.1', 'GET', `/latest/meta-data/odd-path-${i}`, headers);
      await world.send('127.31.0.1', 'GET', `${CREDENTIALS}odd-role-${i}`, headers);
      await world.send('127.31.0.1', 'GET', CREDENTIALS, { ...headers, host: `odd-host-${i}` });
      await world.send(`127.31.1.${i + 1}`, 'GET', `/-/pod-iam?odd-query-${i}`);
    }
    for (const method of ['POST', 'PROPFIND', 'M-SEARCH', 'TRACE'])
      await world.send('127.31.0.1', method, '/x');
    await world.get('127.31.2.1', CREDENTIALS);
    const { body } = await world.admin('/metrics');
    assert.doesNotMatch(body, /odd-|127\.31|PROPFIND|M-SEARCH|blue/);
    const own = body.split('\n').filter((line) => /^pod_iam_(?!process|nodejs)/.test(line));
    // Two labels, of eight routes and a dozen statuses, and a histogram of eleven lines for each route.
    assert.ok(own.length < 150, `${own.length} series`);
    assert.match(body, /^pod_iam_requests_total\{route="document",status="403"\} 60$/m);
  });
});
