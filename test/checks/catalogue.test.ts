// Holds the programme together: every code stands once, with a title, a page and tests of its own.
import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { CATALOGUE } from '../../src/checks/catalogue.ts';
import { runChecks } from '../../src/checks/run.ts';
import { TRUST_CHECKS } from '../../src/checks/trust-rules.ts';
import { listPages } from '../../src/doctor/pages.ts';
import { known } from '../../src/model/snapshot.ts';
import { askingByToken, goodSnapshot } from '../helpers/snapshot.ts';

const here = new URL('.', import.meta.url);
const sources = new URL('../../src/checks/', import.meta.url);

/** Rules of trust-policy are tested there; here only that they are applied. */
const isRule = (code: string): boolean => TRUST_CHECKS.some((check) => check.code === code);

describe('the catalogue', () => {
  it('holds each code once', () => {
    const codes = CATALOGUE.map(({ code }) => code);
    assert.deepEqual(codes, [...new Set(codes)]);
    for (const code of codes) assert.match(code, /^[A-Z]{2}\d{3}$/);
  });

  it('holds every check that there is, and no other', () => {
    const files = readdirSync(sources).filter((name) => /^[A-Z]{2}\d{3}\.ts$/.test(name));
    const own = CATALOGUE.map(({ code }) => code).filter((code) => !isRule(code));
    assert.deepEqual(files.map((name) => name.slice(0, -3)).sort(), own.sort());
  });

  for (const { code, title, after } of CATALOGUE)
    it(`gives ${code} a title, a page, tests for all outcomes, and parents that come before it`, () => {
      assert.ok(title.length > 10 && title.length < 70, title);
      const page = listPages().find((candidate) => candidate.code === code);
      assert.ok(page, `templates/explain/${code}.md is missing`);
      assert.equal(page.title, title);
      const name = isRule(code) ? 'trust-rules' : code;
      const file = new URL(`${name}.test.ts`, here);
      assert.ok(existsSync(file), `test/checks/${name}.test.ts is missing`);
      const own = readFileSync(file, 'utf8');
      // Checks of one kind share a set of tests beside them.
      const shared = [...own.matchAll(/from '(\.\/[^']+)'/g)].map(([, path]) =>
        readFileSync(new URL(path!, file), 'utf8'),
      );
      const tests = [own, ...shared].join('\n');
      for (const word of ['pass', /fail|warn/, 'unknown'])
        assert.match(tests, new RegExp(word), `its tests never see ${word}`);
      const position = (wanted: string): number => CATALOGUE.findIndex((check) => check.code === wanted);
      for (const parent of after) {
        assert.ok(position(parent) >= 0, `${code} comes after ${parent}, which does not exist`);
        assert.ok(position(parent) < position(code), `${code} stands before its parent ${parent}`);
      }
    });

  it('gives every page its sections, and a page to nothing else', () => {
    const codes = new Set(CATALOGUE.map(({ code }) => code));
    for (const { code, title } of listPages()) {
      assert.notEqual(title, '', code);
      const isUsed = codes.has(code) || code.startsWith('TP') || daemonCodes().includes(code);
      assert.ok(isUsed, `there is a page for ${code}, and no check`);
    }
  });

  it('gives a page to every code that the daemon names in answers, events and logs', () => {
    const pages = listPages().map(({ code }) => code);
    assert.ok(daemonCodes().length > 10);
    assert.deepEqual(
      daemonCodes().filter((code) => !pages.includes(code)),
      [],
    );
  });

  it('passes nothing that was decided by a diagnostic pod without a control', () => {
    const good = goodSnapshot();
    const seen = good.probes.state === 'known' ? good.probes.value : [];
    const probes = known([...seen, askingByToken(seen.find(({ kind }) => kind === 'identity')!)], '');
    const results = runChecks({ ...good, probes }, { by: ['K', 'I', 'A'] });
    const active = CATALOGUE.filter(({ decidedBy }) => decidedBy.join() === 'A').map(({ code }) => code);
    for (const code of active) {
      const passes = results.filter((result) => result.code === code && result.status === 'pass');
      assert.ok(passes.length > 0, `${code} does not pass on a good snapshot`);
      for (const result of passes) assert.ok(result.control, `${code} has no control`);
    }
  });
});

function daemonCodes(): string[] {
  const root = new URL('../../src/', import.meta.url).pathname;
  const files = globSync(['proxy/**/*.ts', 'model/role.ts', 'model/permits.ts'], { cwd: root });
  const named = files.flatMap(
    (file) => readFileSync(join(root, file), 'utf8').match(/'[A-Z]{2}\d{3}'/g) ?? [],
  );
  return [...new Set(named.map((code) => code.slice(1, -1)))];
}
