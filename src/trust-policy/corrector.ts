// The corrected document of a finding, whole and as a JSON Patch. None is handed out that does not correct:
// each is parsed and judged by the same rule again.
import type { Fix } from '../model/finding.ts';
import { parseJson } from '../model/policy/json.ts';
import { parsePolicy } from '../model/policy.ts';
import { renderDocument } from './document.ts';
import { type Correction, isObject, type JsonObject } from './edit.ts';
import { jsonDiff } from './json-diff.ts';
import type { Rule, RuleInput } from './rule.ts';

export type Corrected = Required<Pick<Fix, 'patch' | 'jsonPatch'>>;

/** Of all corrected documents of one document together: each repeats it. */
const MAX_CHARACTERS = 1_000_000;

export class Corrector {
  readonly #input: RuleInput;
  #parsed: JsonObject | null | undefined;
  #faultCount = 0;
  #spent = 0;

  constructor(input: RuleInput) {
    this.#input = input;
  }

  /** Null when the correction does not do away with one of so many breaches of a rule. */
  apply(rule: Rule, breaches: number, correct: Correction): Corrected | null {
    const before = this.#document();
    this.#spent += this.#input.text.length;
    if (before === null || this.#spent > MAX_CHARACTERS) return null;
    const document = structuredClone(before);
    if (!correct(document)) return null;
    const text = renderDocument(document);
    const { policy, faults } = parsePolicy(text);
    if (policy === null || faults.length > this.#faultCount) return null;
    const found = rule.find({ ...this.#input, text, policy, isRefused: faults.length > 0 });
    const left = faults.filter(({ code }) => code === rule.code).length;
    if (left + (Array.isArray(found) ? found.length : 0) >= breaches) return null;
    return { patch: text, jsonPatch: jsonDiff(before, document) };
  }

  /** Null for what a patch cannot address: keys that stand twice, and one that JavaScript takes amiss. */
  #document(): JsonObject | null {
    if (this.#parsed !== undefined) return this.#parsed;
    const { text } = this.#input;
    const json = parseJson(text);
    const isPlain = json.ok && json.duplicates.length === 0 && !text.includes('__proto__');
    const document: unknown = isPlain ? JSON.parse(text) : null;
    this.#faultCount = parsePolicy(text).faults.length;
    this.#parsed = isObject(document) ? document : null;
    return this.#parsed;
  }
}
