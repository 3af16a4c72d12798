// The line by which the doctor learns who the daemon is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '../../src/proxy/log.ts';
import { OwnIdentity } from '../../src/proxy/own-identity.ts';

async function linesAt(level: string): Promise<string[]> {
  const lines: string[] = [];
  const log = createLog(level, { write: (line) => void lines.push(line) });
  const self = new OwnIdentity(
    async () => 'arn:aws:iam::111122223333:user/node',
    log,
    () => {},
  );
  assert.equal((await self.known(1000))?.account, '111122223333');
  self.close();
  return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
}

test('the identity is told at every level that says anything', async () => {
  assert.deepEqual(await linesAt('info'), ['identity']);
  assert.deepEqual(await linesAt('warn'), ['identity']);
  assert.deepEqual(await linesAt('silent'), []);
});
