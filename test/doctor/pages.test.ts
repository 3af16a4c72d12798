import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { listPages, readPage } from '../../src/doctor/pages.ts';

describe('the pages of explain', () => {
  it('are listed by code, each with the title of its first line', () => {
    const pages = listPages();
    assert.ok(pages.length >= 20);
    assert.deepEqual(
      pages.map(({ code }) => code),
      pages.map(({ code }) => code).sort(),
    );
    const page = pages.find(({ code }) => code === 'NW001');
    assert.equal(page?.title, "pods' metadata requests reach the proxy");
    for (const { code } of pages) assert.match(readPage(code), new RegExp(`^# ${code} · \\S`));
  });

  it('that are missing are a Problem', () => {
    assert.throws(() => readPage('ZZ999'), { code: 'NO_PAGE' });
  });
});
