import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import { page } from './page.ts';

it('the page on trust policies holds what the program says', () => {
  const file = new URL('../../docs/trust-policies.md', import.meta.url);
  const text = page();
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
  assert.equal(readFileSync(file, 'utf8'), text);
});
