// Every row of the conformance table holds, and docs/conformance.md is made of it.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { AREAS } from './areas.ts';
import { page } from './page.ts';
import { closeWorlds } from './worlds.ts';

describe('beside kube2iam, kiam and metadataproxy', () => {
  after(closeWorlds);

  for (const { title, cases } of AREAS)
    describe(title, () => {
      for (const { what, ours, run } of cases)
        it(`${what}: ${ours}`, async () => {
          assert.equal(await run(), ours);
        });
    });

  it('is told in the docs, row by row', () => {
    const file = new URL('../../../docs/conformance.md', import.meta.url);
    const text = page(AREAS);
    if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
    assert.equal(readFileSync(file, 'utf8'), text);
  });
});
