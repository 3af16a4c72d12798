// Annotations, file names and the words of servers stand in a report; the log of a CI job and a terminal
// obey some of what can stand in them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, subject, unknown, type WorkloadProof } from '../../src/model/finding.ts';
import { FORMATS, type OutputFormat, renderReport } from '../../src/report/index.ts';
import { HOSTILE, obeyed } from '../helpers/obeyed.ts';
import fc from '../helpers/property.ts';
import { report, result } from './fixture.ts';

function reportOf(text: string): ReturnType<typeof report> {
  const of = subject(text, text, { namespace: text, container: text, node: text, role: text });
  const inFile = subject('File', text, { file: text, line: 1, column: 1, pointer: text });
  const facts = {
    expected: text,
    observed: text,
    why: text,
    evidence: [{ what: text, value: text }],
    control: { what: text, outcome: text },
    fix: { text, command: text, patch: text },
  };
  const change = { op: 'add', path: text, value: { [text]: text } } as const;
  const proof: WorkloadProof = {
    workload: text,
    node: text,
    expectedRole: text,
    provenArn: text,
    via: 'imds',
    ok: false,
    firstCredentialMs: 1,
    remainingSeconds: 1,
  };
  const results = [
    result('AN002', text, 'error', fail(of, facts)),
    result('TP001', text, 'error', fail(inFile, { ...facts, fix: { ...facts.fix, jsonPatch: [change] } })),
    result('AN010', text, 'error', unknown(of, { ...facts, fix: facts.fix })),
  ];
  const context = { cluster: text, mode: [text], account: text };
  return report(results, { workloads: [proof], context: context as never });
}

const OWN: Partial<Record<OutputFormat, RegExp>> = { github: /^::(error|warning|notice) (file|title)=/ };
const hostile = fc.array(fc.constantFrom(...HOSTILE), { maxLength: 12 }).map((parts) => parts.join(''));

for (const format of FORMATS)
  test(`nothing of what others wrote is obeyed in the ${format} form`, () =>
    fc.assert(
      fc.asyncProperty(hostile, fc.integer({ min: 30, max: 120 }), async (text, width) => {
        const out = await renderReport(reportOf(text), format, { color: false, width, verbose: true });
        assert.equal(obeyed(out, OWN[format]), null);
      }),
      { numRuns: 60 },
    ));

test('JSON and SARIF hold what was written, letter for letter', async () => {
  const text = HOSTILE.join('');
  const given = reportOf(text);
  const options = { color: false, width: 80 };
  assert.deepEqual(JSON.parse(await renderReport(given, 'json', options)), JSON.parse(JSON.stringify(given)));
  const sarif = JSON.parse(await renderReport(given, 'sarif', options));
  assert.ok(sarif.runs[0].results[0].message.text.includes(text));
});
