import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/GR006.ts';
import { known } from '../../src/model/snapshot.ts';
import { forbidden, goodAws, goodSnapshot, proxy, role, rolesOf, told } from '../helpers/snapshot.ts';

const USER = 'arn:aws:iam::111122223333:user/daemon';
const judged = (args: string[], maxSessionSeconds: number, identity?: string) =>
  run(
    goodSnapshot({
      proxy: known(proxy({ args }), ''),
      aws: goodAws({ roles: rolesOf({ ...role('blue'), maxSessionSeconds }) }),
      ...(identity && { nodeIdentities: known([identity], '') }),
    }),
  );

describe('GR006', () => {
  it('passes with the default of an hour, which every role allows', () => {
    assert.deepEqual(told(judged([], 3600)), ['pass Deployment/blue: 3600 s of 3600']);
  });

  it('fails when the role allows less than the daemon asks for', () => {
    const [finding] = judged(['--session-duration=2h'], 3600, USER);
    assert.deepEqual(told([finding!]), [
      'fail Deployment/blue: the daemon asks for 7200 s, and the role allows 3600',
    ]);
    assert.equal(finding!.fix?.command, 'aws iam update-role --role-name blue --max-session-duration 7200');
  });

  it('warns a daemon that is a session itself, for it gets an hour whatever the role allows', () => {
    const [finding] = judged(['--session-duration=2h'], 7200);
    assert.equal(finding!.status, 'warn');
    assert.equal(judged(['--session-duration=2h'], 7200, USER)[0]!.status, 'pass');
  });

  it('is unknown when the proxy or the workloads may not be read', () => {
    assert.equal(run(goodSnapshot({ proxy: forbidden('list DaemonSets') }))[0]!.status, 'unknown');
    assert.equal(run(goodSnapshot({ workloads: forbidden('list pods') }))[0]!.status, 'unknown');
  });
});
