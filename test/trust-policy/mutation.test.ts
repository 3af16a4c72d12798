// Good documents with one token changed at a time: a mutant that changes no answer and breaks no rule
// must be one of the forms that IAM reads alike, or the evaluator or the check overlooks something.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { evaluateTrust } from '../../src/model/evaluate.ts';
import { parsePolicy } from '../../src/model/policy.ts';
import { checkPolicy } from '../../src/trust-policy/check.ts';
import { OPTIONS } from './helpers.ts';
import { goodDocuments, probes } from './mutation/documents.ts';
import { mutantsOf } from './mutation/mutants.ts';

it('every document with one token changed is flagged, answers otherwise, or means the same', () => {
  let count = 0;
  const missed: string[] = [];
  for (const text of goodDocuments) {
    const [answers, found] = [answersOf(text), breachesOf(text)];
    // Otherwise no mutant could lose anything.
    assert.match(answers, /allow/, text);
    assert.match(answers, /deny/, text);
    assert.equal(failuresOf(text), 0, text);
    for (const mutant of mutantsOf(text)) {
      count += 1;
      if (failuresOf(mutant.text) === 0) assert.ok(parsePolicy(mutant.text).ok, mutant.text);
      if (mutant.sameBecause !== null) {
        assert.equal(
          answersOf(mutant.text),
          answers,
          `${mutant.change} should mean the same: ${mutant.text}`,
        );
        continue;
      }
      if (breachesOf(mutant.text) === found && answersOf(mutant.text) === answers)
        missed.push(`${mutant.change}: ${mutant.text}`);
    }
  }
  assert.ok(count > 1000, `${count} mutants`);
  assert.deepEqual(missed, []);
});

function answersOf(text: string): string {
  const parsed = parsePolicy(text);
  if (!parsed.ok) return 'refused';
  return probes.map((probe) => evaluateTrust(parsed.policy, probe).decision).join();
}

const resultsOf = (text: string) => checkPolicy({ name: 'x', text, fault: null }, OPTIONS);

const breachesOf = (text: string): string =>
  resultsOf(text)
    .filter(({ status }) => status !== 'pass')
    .map(({ code }) => code)
    .join();

const failuresOf = (text: string): number => resultsOf(text).filter(({ status }) => status === 'fail').length;
