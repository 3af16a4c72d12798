import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { folderOf, processesIn, startPodIam } from './run.ts';

it('`sandbox` prints what leads any command to it, without a secret, and ends well on Ctrl-C', async () => {
  const sandbox = startPodIam(['sandbox']);
  await sandbox.until(/Ctrl-C ends it/);
  const folder = folderOf(sandbox);
  const exports = Object.fromEntries(
    [...sandbox.output().matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]),
  );
  assert.deepEqual(Object.keys(exports), [
    'KUBECONFIG',
    'AWS_SHARED_CREDENTIALS_FILE',
    'AWS_CONFIG_FILE',
    'AWS_REGION',
    'AWS_ENDPOINT_URL',
  ]);
  const secret = /aws_secret_access_key = (.*)/.exec(
    readFileSync(exports.AWS_SHARED_CREDENTIALS_FILE!, 'utf8'),
  )![1]!;
  assert.equal(sandbox.output().includes(secret), false);

  const status = startPodIam(['status'], exports);
  await status.ended;
  assert.match(status.output(), /not installed/);
  const doctor = startPodIam(['doctor', '--json'], exports);
  await doctor.ended;
  assert.match(doctor.output(), /"account": "210987654321"/);

  sandbox.child.kill('SIGINT');
  assert.equal(await sandbox.ended, 0, sandbox.output());
  assert.equal(processesIn(folder), '');
  assert.equal(existsSync(folder), false);
});
