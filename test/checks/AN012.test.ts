import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/AN012.ts';
import { forbidden, goodSnapshot, told, withWorkloads, workload } from '../helpers/snapshot.ts';

const annotated = (key: string) =>
  run(withWorkloads([workload('web', null, { template: { annotations: { [key]: 'blue' } } })]));

describe('AN012', () => {
  it('passes keys that are read', () => {
    assert.deepEqual(told(run(goodSnapshot())), ['pass Deployment/blue: iam.amazonaws.com/role']);
  });

  for (const key of ['iam.amazonaws.com/roles', 'iam.amazon.com/role', 'IAM.amazonaws.com/Rol'])
    it(`warns of ${key}`, () => {
      const [finding] = annotated(key);
      assert.equal(told([finding!])[0], `warn Deployment/web: nothing reads ${key}: blue`);
      assert.equal(finding!.fix?.patch, 'iam.amazonaws.com/role: "blue"');
    });

  it('warns of unknown keys of the family, and lists those that are read', () => {
    const [finding] = annotated('iam.amazonaws.com/something-else');
    assert.match(finding!.fix?.text ?? '', /^keys that are read: iam\.amazonaws\.com\/role, /);
  });

  it("leaves others' keys and those of namespaces alone", () => {
    assert.deepEqual(annotated('prometheus.io/scrape'), []);
    assert.deepEqual(annotated('iam.amazonaws.com/permitted'), []);
  });

  it('is unknown when the workloads cannot be listed', () => {
    assert.equal(run(goodSnapshot({ workloads: forbidden('list pods') }))[0]!.status, 'unknown');
  });
});
