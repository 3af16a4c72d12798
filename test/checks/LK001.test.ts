import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/LK001.ts';
import type { ProbeObservation } from '../../src/model/observation.ts';
import { known, type Snapshot, unknownFact } from '../../src/model/snapshot.ts';
import {
  askingByToken,
  bareProbe,
  goodProbe,
  goodSnapshot,
  proxy,
  told,
  workload,
} from '../helpers/snapshot.ts';

const good = goodProbe(workload('blue', 'blue'), 'node-1');
const bare = bareProbe('apps', 'node-1');
const judged = (probes: ProbeObservation[], facts: Partial<Snapshot> = {}) =>
  run(goodSnapshot({ probes: known(probes, ''), ...facts }));
const served = { listing: good.listing, document: good.document, caller: good.caller };

describe('LK001', () => {
  it('passes when the same script on the same node got credentials in a pod with a role', () => {
    const [finding] = judged([good, bare]);
    assert.equal(told([finding!])[0], 'pass Namespace/apps: the listing: 404 in 3 ms');
    assert.deepEqual(finding!.control, {
      what: 'the same script on the same node, in a pod with a role',
      outcome: 'got credentials (apps/Deployment/blue)',
    });
  });

  it('passes on another node when a harmless path was answered there with the token', () => {
    const [finding] = judged([good, bareProbe('pod-iam', 'node-2')]);
    assert.equal(finding!.status, 'pass');
    assert.match(finding!.control?.outcome ?? '', /^got credentials on node-1 .* answered 200 in 3 ms$/);
  });

  it('is unknown when nothing shows that credentials could have been had', () => {
    const [alone] = judged([bare]);
    assert.equal(
      told([alone!])[0],
      'unknown Namespace/apps: none were served (404 in 3 ms), but nothing shows that any could have been',
    );
    const refused = { ...good, document: { ...good.document!, status: 502, keyIdEnding: null } };
    assert.equal(judged([refused, bare])[0]!.status, 'unknown');
    const deaf = bareProbe('pod-iam', 'node-2', { harmless: { ...good.harmless!, status: 0 } });
    assert.equal(judged([good, deaf])[0]!.status, 'unknown');
  });

  it('fails for credentials of anybody, with who it is', () => {
    const [finding] = judged([good, bareProbe('apps', 'node-1', served)]);
    assert.deepEqual(told([finding!]), [`fail Namespace/apps: ${good.caller!.arn}`]);
  });

  it('fails when a role was served for naming it', () => {
    const attempts = { 'other-role': { ...bare.attempts['other-role']!, status: 200, leaked: true } };
    assert.deepEqual(told(judged([good, { ...bare, attempts }])), [
      'fail Namespace/apps: a secret key was served for: other-role',
    ]);
  });

  describe('beside a workload that asks by its token', () => {
    const { container } = askingByToken(good);
    const document = { ...container!.document, status: 404, keyIdEnding: null };
    const asked = (more: object = {}, facts: Partial<Snapshot> = {}) =>
      judged([good, { ...bare, container: { ...container!, document, caller: null, ...more } }], facts)[0]!;

    it('passes when its own token gets nothing there, and shows it', () => {
      assert.equal(asked().status, 'pass');
      assert.equal(asked().evidence[0]!.value, '404 in 7 ms');
    });

    it('fails when it is served for its token, or for less', () => {
      const url = 'http://169.254.170.23/v1/credentials';
      assert.equal(
        told([asked({ document: container!.document, caller: container!.caller })])[0],
        `fail Namespace/apps: a secret key was served for: its own token, at ${url}`,
      );
      const forged = { ...container!.attempts['forged-token']!, leaked: true };
      const attempts = { ...container!.attempts, 'forged-token': forged };
      assert.equal(
        told([asked({ attempts })])[0],
        'fail Namespace/apps: a secret key was served for: forged-token',
      );
    });

    it('does not fail for the default role', () => {
      const settings = { ...proxy().settings, defaultRole: 'blue' };
      const more = { document: container!.document, caller: container!.caller };
      assert.equal(asked(more, { settings }).status, 'pass');
    });
  });

  it('is unknown when STS was asked for the role that was named, whatever STS said', () => {
    const asked = (more: object) => {
      const attempts = { 'other-role': { ...bare.attempts['other-role']!, ...more } };
      return told(judged([good, { ...bare, attempts }]))[0];
    };
    const lead =
      'unknown Namespace/apps: not refused, but failed: STS was asked for /latest/meta-data/iam/security-credentials/blue, and the answer is';
    assert.equal(asked({ status: 403, code: 'AssumeRoleUnauthorizedAccess' }), `${lead} 403 in 3 ms`);
    assert.equal(asked({ status: 502 }), `${lead} 502 in 3 ms`);
    assert.equal(asked({ status: 403, code: 'OtherRole' }), 'pass Namespace/apps: the listing: 404 in 3 ms');
  });

  it('fails for a listing that answers 200 with nothing behind it', () => {
    const [finding] = judged([good, { ...bare, listing: { ...good.listing!, body: null } }]);
    assert.equal(finding!.status, 'fail');
    assert.match(finding!.observed, /^the listing answers 200: an empty body; the document: not asked/);
  });

  it('only warns when it is the default role that the daemon was told to give', () => {
    const settings = { ...proxy().settings, defaultRole: 'blue' };
    const [finding] = judged([good, bareProbe('apps', 'node-1', served)], { settings });
    assert.deepEqual(told([finding!]), [
      `warn Namespace/apps: ${good.caller!.arn}: the default role, which every pod without annotation gets`,
    ]);
    const other = { ...settings, defaultRole: 'green' };
    assert.equal(judged([good, bareProbe('apps', 'node-1', served)], { settings: other })[0]!.status, 'fail');
  });

  it('is unknown when the pod did not run, or none was run', () => {
    const outcome = { state: 'not-run' as const, why: 'no room', next: 'make room' };
    assert.equal(judged([good, { ...bare, outcome }])[0]!.status, 'unknown');
    assert.equal(run(goodSnapshot({ probes: unknownFact('none', 'run pods') }))[0]!.status, 'unknown');
  });
});
