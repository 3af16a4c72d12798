import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Selection, selectWorkloads } from '../../src/doctor/select.ts';
import { workload } from '../helpers/snapshot.ts';

const all = [
  workload('web', null, { template: { labels: { app: 'web', tier: 'front' } } }),
  workload('db', null, { kind: 'StatefulSet', template: { labels: { app: 'db' } } }),
  workload('web', null, { kind: 'CronJob' }),
  workload('web', null, { namespace: 'shop', template: { labels: { app: 'web' } } }),
];
const chosen = (more: Partial<Selection>) =>
  selectWorkloads(all, { names: [], namespace: null, selector: null, ...more }).map(({ id }) => id);

describe('a selection of workloads', () => {
  it('is everything when nothing is said', () => {
    assert.equal(chosen({}).length, 4);
    assert.deepEqual(chosen({ namespace: 'shop' }), ['shop/Deployment/web']);
  });

  it('takes KIND/NAME as kubectl does, and a bare name', () => {
    const namespace = 'apps';
    for (const name of ['Deployment/web', 'deployment/web', 'deployments/web', 'deploy/web'])
      assert.deepEqual(chosen({ names: [name], namespace }), ['apps/Deployment/web'], name);
    assert.deepEqual(chosen({ names: ['sts/db'] }), ['apps/StatefulSet/db']);
    assert.deepEqual(chosen({ names: ['web'], namespace }), ['apps/Deployment/web', 'apps/CronJob/web']);
  });

  it('takes label selectors of all kinds', () => {
    for (const [selector, ids] of [
      ['app=web', ['apps/Deployment/web', 'shop/Deployment/web']],
      ['app==web,tier', ['apps/Deployment/web']],
      ['app=web,!tier', ['shop/Deployment/web']],
      ['app!=web', ['apps/StatefulSet/db', 'apps/CronJob/web']],
      ['app in (db, cache)', ['apps/StatefulSet/db']],
      ['app notin (db),app', ['apps/Deployment/web', 'shop/Deployment/web']],
    ] as const)
      assert.deepEqual(chosen({ selector }), ids, selector);
  });

  it('refuses a name that matches nothing, and a selector that is none', () => {
    assert.throws(() => chosen({ names: ['Deployment/gone'], namespace: 'apps' }), {
      message: 'there is no workload Deployment/gone in the namespace apps',
      kind: 'usage',
    });
    assert.throws(() => chosen({ selector: 'app~web' }), { message: '"app~web" is no label selector' });
  });
});
