import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { redirectFault } from '../../src/proxy/redirect-report.ts';

const folder = mkdtempSync(join(tmpdir(), 'pod-iam-report-'));
after(() => rmSync(folder, { recursive: true }));

const faultFor = (report: object, port: number): Promise<string | null> => {
  const good = { inPlace: true, backend: 'nft', checkedAtMs: Date.now(), message: null };
  writeFileSync(join(folder, 'redirect.json'), JSON.stringify({ ...good, ...report }));
  return redirectFault(folder, { mustReport: true, port });
};

describe('the report on the redirect', () => {
  it('of a keeper before, whose rule leads to another port, is not taken for one on this rule', async () => {
    assert.equal(
      await faultFor({ port: 8191 }, 8181),
      'the redirect rule still leads to port 8191, and not to 8181',
    );
    assert.equal(await faultFor({ port: 8181 }, 8181), null);
  });

  it('that names no port, as earlier releases wrote it, is taken as it is', async () => {
    assert.equal(await faultFor({}, 8181), null);
  });
});
