// Each rule's page says what the rule says: its broken example breaks it, its fixed one does not.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { checkOptions } from '../../src/trust-policy/check-report.ts';
import { RULES } from '../../src/trust-policy/codes.ts';
import type { CheckOptions } from '../../src/trust-policy/rule.ts';
import { broken, LIVE } from './helpers.ts';

const pageOf = (code: string): string =>
  readFileSync(new URL(`../../templates/explain/${code}.md`, import.meta.url), 'utf8');

/** The flags of the command by which the page finds it. */
function optionsOf(page: string): CheckOptions {
  const words = /found by `pod-iam trust-policy check FILE([^`]*)`/.exec(page)?.[1]?.split(' ') ?? [];
  const flag = (name: string): string | null => words[words.indexOf(name) + 1 || words.length] ?? null;
  const node = flag('--node-role');
  return checkOptions({
    nodeRoles: node ? [node] : [],
    account: flag('--account'),
    role: flag('--role'),
    sizeQuota: 2048,
    externalId: flag('--external-id') ?? undefined,
    sessionName: flag('--session-name') ?? undefined,
    live: words.includes('--live') ? LIVE : null,
  });
}

describe('the page of a rule', () => {
  for (const { code, title } of RULES) {
    it(`${code} shows what breaks it and what does not`, () => {
      const page = pageOf(code);
      assert.equal(page.split('\n')[0], `# ${code} · ${title}`);
      assert.match(page, /\nhttps:\/\/(?:docs\.)?aws\.amazon\.com\/\S+\n$/);
      const examples = [...page.matchAll(/```json\n([\s\S]*?)\n```/g)].map(([, text]) => text!);
      const codes = (text: string): string[] => broken(text, optionsOf(page)).map((result) => result.code);
      // The example of the size quota would be too long to print.
      if (code !== 'TP045') assert.ok(codes(examples[0]!).includes(code), codes(examples[0]!).join());
      assert.ok(!codes(examples.at(-1)!).includes(code) || ['TP020', 'TP038'].includes(code));
    });
  }
});
