// Holds a SARIF log against the standard's own schema, and against what GitHub's code scanning asks beyond it.
// https://docs.github.com/code-security/reference/code-scanning/sarif-files/sarif-support-for-code-scanning
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

export interface SarifResult {
  ruleId: string;
  ruleIndex: number;
  kind: string;
  level: string;
  message: { text: string };
  locations: { physicalLocation: { artifactLocation: { uri: string }; region: { startLine: number } } }[];
  partialFingerprints: Record<string, string>;
}

interface SarifRule {
  id: string;
  shortDescription: { text: string };
  fullDescription: { text: string };
  help: { text: string; markdown?: string };
  properties: { tags: string[]; 'security-severity'?: string };
}

export interface SarifRun {
  tool: { driver: { rules: SarifRule[] } };
  invocations: { executionSuccessful: boolean; exitCode: number }[];
  results: SarifResult[];
}

// The schema is of draft 4, whose `id` and meta-schema Ajv no longer knows; it uses nothing else of it.
const {
  $schema: _,
  id: __,
  ...schema
} = JSON.parse(
  readFileSync(
    new URL(import.meta.resolve('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json')),
    'utf8',
  ),
);
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false });
addFormats.default(ajv);
const validate = ajv.compile(schema);

/** What the schema says against a log; none for a valid one. */
export function schemaFaults(log: unknown): string[] {
  validate(log);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** The one run of a log that the standard and GitHub take. */
export function sarifRun(text: string): SarifRun {
  const log = JSON.parse(text);
  assert.deepEqual(schemaFaults(log), []);
  assert.equal(log.runs.length, 1);
  const run: SarifRun = log.runs[0];
  const { rules } = run.tool.driver;
  assert.equal(new Set(rules.map(({ id }) => id)).size, rules.length);
  for (const rule of rules) assertRule(rule);
  for (const result of run.results) assertResult(result, rules);
  const prints = run.results.map((result) => JSON.stringify(result.partialFingerprints));
  assert.equal(new Set(prints).size, prints.length, 'two results have one fingerprint');
  return run;
}

function assertRule({ id, shortDescription, fullDescription, help, properties }: SarifRule): void {
  for (const { text } of [shortDescription, fullDescription, help]) {
    assert.notEqual(text, '', id);
    assert.ok(text.length <= 1024, `${id}: GitHub takes 1024 characters`);
  }
  const score = properties['security-severity'];
  assert.equal(properties.tags.includes('security'), score !== undefined, id);
  if (score !== undefined) assert.match(score, /^(?:10\.0|\d\.\d)$/);
}

function assertResult(result: SarifResult, rules: readonly SarifRule[]): void {
  assert.equal(rules[result.ruleIndex]?.id, result.ruleId);
  assert.notEqual(result.message.text, '');
  const [{ physicalLocation: place }] = result.locations as [SarifResult['locations'][number]];
  assert.ok(place.region.startLine >= 1);
  assert.doesNotMatch(place.artifactLocation.uri, /^(?:\/|\.\.?\/|[a-z][a-z\d+.-]*:)|\/\.\.?\/|[ #?]/i);
}
