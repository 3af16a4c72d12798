import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/AN002.ts';
import { DEFAULT_SETTINGS } from '../../src/model/role.ts';
import { unknownFact } from '../../src/model/snapshot.ts';
import { forbidden, goodSnapshot, roleArn, told, withWorkloads, workload } from '../helpers/snapshot.ts';

const judged = (value: string) => run(withWorkloads([workload('web', value)]))[0]!;

describe('AN002', () => {
  it('passes names, path/names and ARNs', () => {
    for (const [value, arn] of [
      ['blue', roleArn('blue')],
      ['team/blue', roleArn('team/blue')],
      [roleArn('blue'), roleArn('blue')],
    ] as const)
      assert.equal(told([judged(value)])[0], `pass Deployment/web: ${arn}`);
  });

  const broken: [value: string, observed: string, cleaned: string | null][] = [
    ['blue\n', 'iam.amazonaws.com/role is "blue\\n": it holds a line break', 'blue'],
    ['"blue"', 'iam.amazonaws.com/role is "\\"blue\\"": it holds quotation marks', 'blue'],
    [
      'arn:aws:iam::1111:role/blue',
      'iam.amazonaws.com/role is "arn:aws:iam::1111:role/blue": it is not the ARN of an IAM role: its account "1111" is not 12 digits',
      null,
    ],
    [
      'arn:aws:iam::111122223333:instance-profile/blue',
      'iam.amazonaws.com/role is "arn:aws:iam::111122223333:instance-profile/blue": it is not the ARN of an IAM role: an instance profile is not a role; use the role inside it',
      null,
    ],
  ];
  for (const [value, observed, cleaned] of broken)
    it(`fails for ${JSON.stringify(value)}`, () => {
      const finding = judged(value);
      assert.equal(finding.status, 'fail');
      assert.equal(finding.observed, observed);
      if (cleaned === null) assert.equal(finding.fix?.command, null);
      else {
        assert.equal(finding.fix?.text, `probably meant: ${cleaned}`);
        assert.match(finding.fix?.command ?? '', /"iam\.amazonaws\.com\/role":"blue"/);
      }
    });

  it('fails for a blank annotation, which is no role', () => {
    assert.equal(told([judged(' ')])[0], 'fail Deployment/web: iam.amazonaws.com/role is blank');
  });

  it('fails for a role of another partition', () => {
    const finding = judged('arn:aws-cn:iam::111122223333:role/blue');
    assert.equal(finding.status, 'fail');
    assert.equal(finding.expected, 'a role of the partition aws');
    assert.equal(finding.observed, 'arn:aws-cn:iam::111122223333:role/blue is of the partition aws-cn');
  });

  it('takes a well-formed bare name as such when no base ARN is known', () => {
    const snapshot = withWorkloads([workload('web', 'blue')], {
      settings: DEFAULT_SETTINGS,
      nodeIdentities: unknownFact('', ''),
    });
    assert.deepEqual(told(run(snapshot)), ['pass Deployment/web: blue']);
  });

  it('is unknown when the workloads cannot be listed', () => {
    assert.equal(run(goodSnapshot({ workloads: forbidden('list pods') }))[0]!.status, 'unknown');
  });
});
