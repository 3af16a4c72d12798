import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { runChecks } from '../../src/checks/run.ts';
import { readSnapshotFile, redactSnapshot } from '../../src/doctor/snapshot-file.ts';
import { known } from '../../src/model/snapshot.ts';
import { goodAws, NODE_ROLE, podOf, role, rolesOf, withWorkloads, workload } from '../helpers/snapshot.ts';

const folder = mkdtempSync(join(tmpdir(), 'pod-iam-snapshot-'));
after(() => rmSync(folder, { recursive: true }));

const conditional = (externalId: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: NODE_ROLE },
        Action: 'sts:AssumeRole',
        Condition: { StringEquals: { 'sts:ExternalId': externalId } },
      },
    ],
  });

const sensitive = workload('blue', 'blue', {
  template: {
    annotations: {
      'iam.amazonaws.com/external-id': 'very-secret-id',
      'example.com/note': 'the password is hunter2',
      'iam.amazonaws.com/roles': 'blue',
    },
    containers: [
      {
        name: 'app',
        kind: 'container',
        image: 'app:1',
        mounts: [],
        env: [
          { name: 'AWS_REGION', value: 'eu-west-1', from: 'literal' },
          { name: 'DATABASE_URL', value: 'postgres://user:hunter2@db', from: 'literal' },
        ],
      },
    ],
  },
});
const facts = withWorkloads([sensitive], {
  pods: known([podOf(sensitive, 'node-1')], ''),
  aws: goodAws({ roles: rolesOf(role('blue', conditional('very-secret-id')), role('nodes')) }),
});

describe('a saved snapshot', () => {
  it('holds no external id, no value of foreign annotations or variables', () => {
    const text = JSON.stringify(redactSnapshot(facts));
    assert.ok(!text.includes('very-secret-id'));
    assert.ok(!text.includes('hunter2'));
    assert.ok(text.includes('external-id-1'));
    assert.ok(text.includes('"AWS_REGION","value":"eu-west-1"'));
  });

  it('gives the same results as the facts that it was made of', () => {
    const options = { by: ['K', 'I', 'A'] as const };
    const before = runChecks(facts, options);
    const replayed = runChecks(JSON.parse(JSON.stringify(redactSnapshot(facts))), options);
    const plain = JSON.parse(JSON.stringify(before).replaceAll('very-secret-id', 'external-id-1'));
    assert.deepEqual(replayed, plain);
    assert.ok(before.some(({ code, status }) => code === 'TP018' && status === 'pass'));
    assert.ok(before.some(({ code, status }) => code === 'AN012' && status === 'warn'));
  });

  it('keeps a refusal by the external id a refusal', () => {
    const wrong = {
      ...facts,
      aws: { ...facts.aws, roles: rolesOf(role('blue', conditional('other')), role('nodes')) },
    };
    const verdict = (snapshot: typeof facts) =>
      runChecks(snapshot, { by: ['I'], only: ['TP018'] }).map(({ status }) => status);
    assert.deepEqual(verdict(wrong), ['fail']);
    assert.deepEqual(verdict(redactSnapshot(wrong)), ['fail']);
  });

  it('is read back, and anything else is refused with the way to make one', () => {
    const path = join(folder, 'facts.json');
    const saved = {
      schemaVersion: 1,
      kind: 'pod-iam snapshot',
      version: '0.1.0',
      by: ['K'],
      snapshot: facts,
    };
    writeFileSync(path, JSON.stringify(saved));
    assert.deepEqual(readSnapshotFile(path).by, ['K']);
    for (const text of ['{', '{}', 'null', JSON.stringify({ ...saved, schemaVersion: 2 })]) {
      writeFileSync(path, text);
      assert.throws(() => readSnapshotFile(path), { code: 'NO_SNAPSHOT', kind: 'usage' }, text);
    }
    assert.throws(() => readSnapshotFile(join(folder, 'none')), { code: 'NO_SNAPSHOT' });
  });
});
