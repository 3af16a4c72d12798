import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/AN001.ts';
import { forbidden, goodSnapshot, told, withWorkloads, workload } from '../helpers/snapshot.ts';

const misplaced = { annotations: { 'iam.amazonaws.com/role': 'green' } };

describe('AN001', () => {
  it('passes when the pod template carries the annotation', () => {
    assert.deepEqual(told(run(goodSnapshot())), [
      'pass Deployment/blue: it is at /spec/template/metadata/annotations',
    ]);
  });

  it('fails when only the Deployment carries it, with the patch that moves it', () => {
    const [finding] = run(withWorkloads([workload('web', null, misplaced)]));
    assert.equal(
      finding!.observed,
      'iam.amazonaws.com/role: green is at /metadata/annotations of the Deployment, and its pods carry none',
    );
    assert.equal(finding!.status, 'fail');
    assert.equal(finding!.fix?.text, 'move it to /spec/template/metadata/annotations');
    assert.equal(
      finding!.fix?.command,
      `kubectl patch deployment web -n apps --type merge -p '{"spec":{"template":{"metadata":{"annotations":{"iam.amazonaws.com/role":"green"}}}}}'`,
    );
  });

  it('knows how deep a CronJob keeps its pods, and that a Job cannot be patched', () => {
    const [cron, job] = run(
      withWorkloads([
        workload('nightly', null, { kind: 'CronJob', ...misplaced }),
        workload('once', null, { kind: 'Job', ...misplaced }),
      ]),
    );
    assert.equal(cron!.fix?.text, 'move it to /spec/jobTemplate/spec/template/metadata/annotations');
    assert.equal(job!.fix?.command, null);
    assert.match(job!.fix?.text ?? '', /a Job has to be made anew for it$/);
  });

  it('points into the file that the object came from', () => {
    const source = { file: 'web.yaml', line: 12, templatePointer: '/items/0/spec/template' };
    const [finding] = run(withWorkloads([workload('web', null, { ...misplaced, source })]));
    assert.equal(finding!.subject.file, 'web.yaml');
    assert.equal(finding!.subject.line, 12);
    assert.equal(finding!.fix?.text, 'move it to /items/0/spec/template/metadata/annotations');
    assert.equal(finding!.fix?.command, null);
  });

  it('has nothing to say of workloads without the annotation, and is unknown when they cannot be listed', () => {
    assert.deepEqual(run(withWorkloads([workload('plain')])), []);
    assert.equal(run(goodSnapshot({ workloads: forbidden('list pods') }))[0]!.status, 'unknown');
  });
});
