import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Problem } from '../../src/model/problem.ts';
import type { RoleFact } from '../../src/model/snapshot.ts';
import { backupName, planLive, type Roles, writeLive } from '../../src/trust-policy/apply.ts';
import { APP, AWAY, NODE, trust } from './helpers.ts';

const before = trust({ AWS: `${NODE}s` });
const code = (wanted: string) => (error: unknown) => error instanceof Problem && error.code === wanted;

/** An IAM that shows a change only at the read after so many. */
function rolesWith(trustPolicy: string, lagReads = 0): Roles & { saved: string[]; fact: RoleFact } {
  const fact: RoleFact = {
    arn: APP.arn,
    name: 'app',
    path: '/',
    roleId: 'AROAAPP',
    trustPolicy,
    maxSessionSeconds: 3600,
    createdAtMs: null,
    boundary: null,
  };
  let pending: string | null = null;
  let lag = lagReads;
  const saved: string[] = [];
  return {
    fact,
    saved,
    async role(name) {
      if (pending !== null && lag-- <= 0) fact.trustPolicy = pending;
      return name === 'app' ? { ...fact } : null;
    },
    async roleNames() {
      return ['app', 'api'];
    },
    async updateTrustPolicy(_name, document) {
      saved.push(document);
      pending = document;
    },
  };
}

const wanted = { identities: [NODE], externalId: null };
const folder = mkdtempSync(join(tmpdir(), 'pod-iam-apply-'));
const options = (name: string) => ({
  backup: join(folder, name),
  signal: new AbortController().signal,
  pauseMs: 1,
});

describe('a change of a live trust policy', () => {
  it('keeps the old document, writes once and waits until IAM shows it', async () => {
    const roles = rolesWith(before, 3);
    const plan = await planLive(roles, 'app', wanted);
    await writeLive(roles, plan, options('a.json'));
    assert.deepEqual(roles.saved, [plan.document]);
    assert.equal(roles.fact.trustPolicy, plan.document);
    assert.equal(readFileSync(join(folder, 'a.json'), 'utf8'), `${before}\n`);
    assert.equal(statSync(join(folder, 'a.json')).mode & 0o777, 0o600);
  });

  it('is planned once only', async () => {
    const roles = rolesWith(before);
    const { document } = await planLive(roles, APP.arn, wanted);
    assert.equal((await planLive(rolesWith(document), APP.arn, wanted)).changed, false);
  });

  it('never overwrites a backup, and then writes nothing', async () => {
    const roles = rolesWith(before);
    const plan = await planLive(roles, 'app', wanted);
    await assert.rejects(writeLive(roles, plan, options('a.json')), code('NO_BACKUP'));
    assert.deepEqual(roles.saved, []);
  });

  it('stops when somebody else was faster', async () => {
    const roles = rolesWith(before);
    const plan = await planLive(roles, 'app', wanted);
    roles.fact.trustPolicy = trust({ AWS: NODE });
    await assert.rejects(writeLive(roles, plan, options('b.json')), code('CHANGED_MEANWHILE'));
    assert.deepEqual(roles.saved, []);
  });

  it('says so when IAM does not show it in time', async () => {
    const roles = rolesWith(before, 1_000_000);
    const plan = await planLive(roles, 'app', wanted);
    await assert.rejects(writeLive(roles, plan, { ...options('c.json'), timeoutMs: 20 }), code('NOT_SHOWN'));
  });

  it('offers the nearest name for a role that is not there', async () => {
    await assert.rejects(planLive(rolesWith(before), 'team/apps', wanted), (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.message, 'there is no role apps in this account');
      assert.equal(error.next, 'did you mean app?');
      return true;
    });
  });

  it('refuses the ARN of another account', async () => {
    await assert.rejects(
      planLive(rolesWith(before), `arn:aws:iam::${AWAY}:role/app`, wanted),
      code('BAD_ROLE'),
    );
  });

  it('puts a whole document in place, unless it means the same', async () => {
    const after = trust({ AWS: NODE }, { Sid: 'New' });
    const plan = await planLive(rolesWith(before), 'app', { document: after });
    assert.deepEqual(
      [plan.changed, plan.added, plan.removed],
      [true, [`${NODE} may call sts:AssumeRole`], [`${NODE}s may call sts:AssumeRole`]],
    );
    const same = await planLive(rolesWith(before), 'app', { document: trust({ AWS: [`${NODE}s`] }) });
    assert.equal(same.changed, false);
    await assert.rejects(planLive(rolesWith(before), 'app', { document: trust('*') }), code('BAD_POLICY'));
  });

  it('names a backup after the role and the time', () => {
    assert.equal(
      backupName(rolesWith(before).fact, new Date('2026-01-31T12:00:00.5Z')),
      'app.trust-policy.20260131T120000Z.json',
    );
  });
});
