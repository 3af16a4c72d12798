import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Problem } from '../../src/model/problem.ts';
import type { RoleFact } from '../../src/model/snapshot.ts';
import { backupName, writeLive } from '../../src/trust-policy/apply.ts';
import type { Roles } from '../../src/trust-policy/live-role.ts';
import { planLive } from '../../src/trust-policy/plan-live.ts';
import { APP, AWAY, HOME, NODE, trust } from './helpers.ts';

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
      if (name === 'node') return { ...fact, arn: NODE, name };
      return name === 'app' ? { ...fact } : null;
    },
    async roleNames() {
      return ['app', 'api'];
    },
    async trustPolicyQuota() {
      return 2048;
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

  it('refuses a name with another path', async () => {
    await assert.rejects(planLive(rolesWith(before), 'team/app', wanted), code('BAD_ROLE'));
    assert.equal((await planLive(rolesWith(before), '/app', wanted)).changed, true);
  });

  it('refuses the ARN of another account', async () => {
    await assert.rejects(
      planLive(rolesWith(before), `arn:aws:iam::${AWAY}:role/app`, wanted),
      code('BAD_ROLE'),
    );
  });

  it('refuses to take out what others wrote, unless told so', async () => {
    const document = trust({ AWS: NODE }, { Sid: 'New' });
    await assert.rejects(
      planLive(rolesWith(before), 'app', { document, mayRemove: false, externalId: null }),
      (error) => {
        assert.ok(error instanceof Problem);
        assert.equal(error.code, 'FOREIGN_STATEMENTS');
        assert.equal(error.why, `statement 0: ${NODE}s may call sts:AssumeRole`);
        return true;
      },
    );
    const plan = await planLive(rolesWith(before), 'app', { document, mayRemove: true, externalId: null });
    assert.deepEqual(
      [plan.changed, plan.added, plan.removed],
      [true, [`${NODE} may call sts:AssumeRole`], [`${NODE}s may call sts:AssumeRole`]],
    );
  });

  it('takes out its own statement without being told so, and leaves the same meaning alone', async () => {
    const own = trust({ AWS: NODE }, { Sid: 'PodIamProxy' });
    const document = trust({ AWS: `${NODE}s` });
    const words = { mayRemove: false, externalId: null };
    assert.equal((await planLive(rolesWith(own), 'app', { document, ...words })).changed, true);
    const same = await planLive(rolesWith(before), 'app', {
      document: trust({ AWS: [`${NODE}s`] }),
      ...words,
    });
    assert.equal(same.changed, false);
    await assert.rejects(
      planLive(rolesWith(before), 'app', { document: trust('*'), ...words }),
      code('BAD_POLICY'),
    );
  });

  it('says what is wrong with a whole document that IAM would take', async () => {
    const document = trust({ AWS: ['*', `${NODE}s`] });
    const plan = await planLive(rolesWith(before), 'app', { document, mayRemove: false, externalId: null });
    assert.match(plan.notes.join('\n'), /^TP007 \(security\): /m);
    assert.match(plan.widening[0]!, /^anyone in any AWS account may now become app: /);
  });

  it('refuses a document beyond the quota that IAM tells, before anything is written', async () => {
    const roles = { ...rolesWith(before), trustPolicyQuota: async () => 200 };
    await assert.rejects(planLive(roles, 'app', wanted), (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.code, 'TOO_LARGE');
      assert.match(error.message, /would have \d+ characters without white space, and the quota .* is 200;/);
      return true;
    });
    assert.deepEqual(roles.saved, []);
  });

  it('says so when a large document meets a quota that could not be read', async () => {
    const ids = Array.from({ length: 60 }, (_, n) => `arn:aws:iam::${HOME}:user/a-rather-long-name-${n}`);
    const unread = { ...rolesWith(trust({ AWS: ids })), trustPolicyQuota: async () => null };
    const { notes } = await planLive(unread, 'app', wanted);
    assert.match(notes[0]!, /^it has \d+ characters without white space, and IAM takes 2048 unless/);
  });

  it('names the role of a session with the path that IAM knows, and only roles that are there', async () => {
    const roles = rolesWith(before);
    const session = NODE.replace(':iam:', ':sts:').replace(':role/node', ':assumed-role/node/i-1');
    const known = { ...roles.fact, arn: NODE.replace('role/', 'role/kops/'), name: 'node' };
    const withPath = { ...roles, role: async (name: string) => (name === 'node' ? known : roles.role(name)) };
    const plan = await planLive(withPath, 'app', { ...wanted, identities: [session] });
    assert.deepEqual(plan.added, [`${known.arn} may assume the role`]);
    await assert.rejects(planLive(withPath, 'app', wanted), (error) => {
      assert.ok(error instanceof Problem);
      assert.equal(error.code, 'NO_NODE_ROLE');
      assert.equal(error.next, `did you mean ${known.arn}?`);
      return true;
    });
  });

  it('tells in plain words who gets in', async () => {
    const { widening } = await planLive(rolesWith(before), 'app', { ...wanted, externalId: 'blue' });
    assert.deepEqual(widening, [
      `sessions of the role node of account ${HOME} may now become app, if the external id sent along is "blue": where it is the nodes' role, that is the proxy, and every process that reaches the node's credentials`,
    ]);
  });

  it('names a backup after the role and the time', () => {
    assert.equal(
      backupName(rolesWith(before).fact, new Date('2026-01-31T12:00:00.5Z')),
      'app.trust-policy.20260131T120000Z.json',
    );
  });
});
