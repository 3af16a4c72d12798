// Each rule against the tables: a document, and exactly the codes that it breaks.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RULES } from '../../src/trust-policy/codes.ts';
import type { CheckOptions } from '../../src/trust-policy/rule.ts';
import { cpuMs } from '../helpers/cpu-time.ts';
import { assertGolden } from '../helpers/golden.ts';
import { APP, broken, check, document, ISSUER, irsa, NODE, trust } from './helpers.ts';
import { lintCases } from './lint-tables.ts';

const nodes: Partial<CheckOptions> = { nodeIdentities: [NODE] };
const placed = lintCases.flatMap(({ finding, ...row }) => (finding ? [{ ...row, finding }] : []));

describe('trust-policy check', () => {
  for (const { theme, name, text, options, codes, basis, finding } of lintCases)
    it(`finds ${codes.join(', ') || 'nothing'} in ${theme}: ${name}`, () => {
      assert.match(basis, /^https:\/\/(?:docs\.)?aws\.amazon\.com\//);
      const found = broken(text, options);
      const said = found.map(({ code, observed }) => `${code} ${observed}`).join('; ');
      assert.deepEqual([...new Set(found.map(({ code }) => code))].sort(), codes, said);
      for (const { subject, observed, fix } of found) {
        assert.ok((subject.line ?? 0) >= 1);
        assert.notEqual(observed, '');
        assert.notEqual(fix?.text ?? '', '');
      }
      if (!finding) return;
      const places = found.filter(({ code, status }) => code === finding.code && status === finding.status);
      assert.ok(
        places.some(({ subject }) => samePointer(subject.pointer, finding.pointer)),
        said,
      );
    });

  it('says each in these words', () => {
    const lines = placed.map(({ finding, name, text, options }) => {
      const hit = broken(text, options).find(
        ({ code, status }) => code === finding.code && status === finding.status,
      )!;
      return `${finding.code} ${name}\n  ${hit.observed}\n  fix: ${hit.fix?.text}\n`;
    });
    assertGolden('trust-policy/messages.txt', lines.sort().join(''));
  });

  it('has a placed case for every rule, and three hundred in all, no two the same', () => {
    const tested = new Set(placed.map(({ finding }) => finding.code));
    assert.deepEqual(
      RULES.map(({ code }) => code).filter((code) => !tested.has(code)),
      [],
    );
    const keys = new Set(lintCases.map(({ text, options }) => JSON.stringify([text, options])));
    assert.ok(keys.size >= 300, String(keys.size));
  });

  it('lists each code once', () => {
    assert.equal(new Set(RULES.map(({ code }) => code)).size, RULES.length);
  });

  it('passes every rule that applies, and says so', () => {
    const results = check(trust({ AWS: NODE }), { ...nodes, role: APP });
    assert.ok(results.every(({ status }) => status === 'pass'));
    assert.equal(
      results.find(({ code }) => code === 'TP018')?.evidence[0]?.value,
      `statement 0 allows it: it names the caller's role ${NODE} and grants sts:AssumeRole`,
    );
  });
});

/** Keys in the table may hold plain slashes. */
const samePointer = (found: string | null, wanted: string): boolean =>
  found === wanted || found?.replaceAll('~1', '/') === wanted.replaceAll('~1', '/');

it('takes no long time over a hostile document', () => {
  const hostile = (value: string): string =>
    irsa({ StringLike: { [`${ISSUER}:sub`]: value, 'sts:ExternalId': value } });
  const tookMs = cpuMs(() => {
    for (const part of ['${', '${ ', '*a', 'a:', "${a,'"]) check(hostile(part.repeat(20_000)), nodes);
    check(
      document(
        ...Array.from({ length: 800 }, (_, i) => ({
          Effect: 'Allow',
          Principal: { AWS: `${NODE}${i}` },
          Action: 'sts:AssumeRole',
        })),
      ),
      nodes,
    );
  });
  assert.ok(tookMs < 5000, `${tookMs} ms`);
});
