import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fail, subject, unknown, warn } from '../../src/model/finding.ts';
import { FORMATS, type OutputFormat, renderReport } from '../../src/report/index.ts';
import { assertGolden } from '../helpers/golden.ts';
import { PLAIN, RESULTS, report, result, WORKLOADS } from './fixture.ts';

const whole = () => report(RESULTS, { workloads: WORKLOADS });
const render = (of: ReturnType<typeof report>, format: OutputFormat, options = {}): Promise<string> =>
  renderReport(of, format, { ...PLAIN, ...options });

const SUFFIX: Record<OutputFormat, string> = {
  human: 'txt',
  json: 'json',
  junit: 'xml',
  sarif: 'sarif',
  markdown: 'md',
  github: 'github.txt',
  html: 'html',
};

for (const format of FORMATS.filter((one) => one !== 'human')) {
  test(`the ${format} form of a report is stable`, async () => {
    assertGolden(`report/report.${SUFFIX[format]}`, await render(whole(), format));
  });
}

for (const format of FORMATS) {
  test(`the ${format} form ends in one line end and survives a report without results`, async () => {
    for (const text of [await render(whole(), format), await render(report([]), format)])
      assert.match(text, /[^\n]\n$/);
  });

  test(`the ${format} form holds no credential that a check was told`, async () => {
    const leak = {
      key: 'AKIAIOSFODNN7EXAMPLE',
      jwt: `eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4eHh4eHgifQ.${'s'.repeat(40)}`,
      session: `IQoJb3JpZ2luX2Vj${'A/b+'.repeat(30)}`,
      secret: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
    };
    const text = `${leak.key} ${leak.jwt} ${leak.session} "SecretAccessKey": "${leak.secret}"`;
    const bad = fail(subject('Pod', 'p'), {
      expected: text,
      observed: text,
      why: text,
      evidence: [{ what: text, value: text }],
      control: { what: text, outcome: text },
      fix: { text, command: text, patch: text },
    });
    const out = await render(report([result('LK001', text, 'security', bad)]), format);
    for (const value of Object.values(leak)) assert.ok(!out.includes(value), value);
    assert.match(out, /…MPLE/);
  });
}

test('JSON is the report itself', async () => {
  assert.deepEqual(JSON.parse(await render(whole(), 'json')), JSON.parse(JSON.stringify(whole())));
});

test('JUnit counts an unknown as an error and a skip as skipped, never as a pass', async () => {
  const xml = await render(report(), 'junit');
  assert.match(xml, /<testsuites name="pod-iam" tests="8" failures="2" errors="2" skipped="1">/);
});

test('JUnit counts a warning as a failure only where --fail-on does', async () => {
  const of = report(RESULTS.filter(({ status }) => status === 'warn'));
  assert.match(await render(of, 'junit'), /tests="1" failures="0"/);
  assert.match(await render(of, 'junit', { failOn: 'warning' }), /tests="1" failures="1"/);
});

test('JUnit of an incomplete or empty run is an error', async () => {
  for (const one of [report([]), report(RESULTS, { complete: false })])
    assert.match(
      await render(one, 'junit'),
      /<testcase classname="pod-iam.run" name="the run is complete">\s*<error/,
    );
});

test('JUnit stays XML whatever a cluster says', async () => {
  const text = 'a]]>b <x attr="1">&amp; \0\x08\x1b \ud800 \ufffe "quoted"';
  const bad = fail(subject('Pod', text), { expected: text, observed: text });
  const xml = await render(report([result('AN002', text, 'error', bad)]), 'junit');
  assert.doesNotMatch(xml, /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/);
  assert.doesNotMatch(xml, /[\ud800-\udfff]/);
  const outside = xml.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '');
  assert.doesNotMatch(outside, /\]\]>|<x/);
  // What is left is tags and nothing else.
  assert.match(outside, /^(?:<[^<>]*(?:"[^"<]*"[^<>"]*)*>\s*)+$/);
});

test('SARIF gives each result a rule, a place and a fingerprint without the line', async () => {
  const moved = structuredClone(RESULTS[0]!);
  moved.subject.line = 99;
  const runOf = async (of: ReturnType<typeof report>) => JSON.parse(await render(of, 'sarif')).runs[0];
  const run = await runOf(report());
  for (const one of run.results) assert.equal(run.tool.driver.rules[one.ruleIndex].id, one.ruleId);
  const again = await runOf(report([moved]));
  assert.deepEqual(
    again.results[0].partialFingerprints,
    run.results.find((one: { ruleId: string }) => one.ruleId === 'TP018').partialFingerprints,
  );
  assert.equal(again.results[0].locations[0].physicalLocation.region.startLine, 99);
  const prints = run.results.map((one: { partialFingerprints: object }) =>
    JSON.stringify(one.partialFingerprints),
  );
  assert.equal(new Set(prints).size, prints.length);
});

test('SARIF leaves an unknown open, and the run unsuccessful unless findings already tell', async () => {
  const run = JSON.parse(await render(report(RESULTS.filter(({ status }) => status === 'unknown')), 'sarif'))
    .runs[0];
  assert.deepEqual(
    run.results.map(({ kind, level }: { kind: string; level: string }) => [kind, level]),
    [
      ['open', 'none'],
      ['open', 'none'],
    ],
  );
  assert.equal(run.invocations[0].executionSuccessful, false);
});

test('GitHub annotations are escaped and place what has a file', async () => {
  const bad = fail(subject('Role', 'r', { file: 'a,b:c%.json', line: 3 }), {
    expected: 'x',
    observed: 'line 1\nline 2 ::error::x',
  });
  const text = await render(report([result('TP001', 'a, b: c', 'error', bad)]), 'github');
  assert.equal(
    text.split('\n')[0],
    '::error file=a%2Cb%3Ac%25.json,line=3,title=TP001%3A a%2C b%3A c::Role r, a,b:c%25.json:3: line 1%0Aline 2 ::error::x%0AExpected: x',
  );
});

test('GitHub gets ten annotations of a kind at most, the last saying what is left', async () => {
  const many = (n: number, status: typeof fail) =>
    Array.from({ length: n }, (_, i) =>
      result('NW001', 't', 'error', status(subject('Node', `n${i}`), { expected: '', observed: '' })),
    );
  const lines = (await render(report([...many(25, fail), ...many(10, warn)]), 'github')).split('\n');
  assert.equal(lines.filter((line) => line.startsWith('::error')).length, 10);
  assert.equal(lines.filter((line) => line.startsWith('::warning')).length, 10);
  assert.equal(lines[9], '::error title=pod-iam::16 more, such as NW001 Node n9');
});

test('GitHub shows an unknown that --fail-on would count as an error', async () => {
  const open = (severity: 'error' | 'info') => [
    result('AN010', 't', severity, unknown(subject('Role', 'r'), { expected: '', observed: 'denied' })),
  ];
  assert.match(
    await render(report(open('error')), 'github'),
    /^::error title=AN010 could not be checked%3A t::Role r: denied/,
  );
  assert.match(await render(report(open('info')), 'github'), /^::warning /);
});

test('Markdown and HTML show other people’s text as text', async () => {
  const text = '<img src=x onerror=alert(1)> </script> `a` | **b** @team ```';
  const bad = fail(subject('Pod', text), {
    expected: text,
    observed: text,
    fix: { text, command: text, patch: text },
  });
  const of = report([result('AN002', text, 'error', bad)]);
  const html = await render(of, 'html');
  assert.doesNotMatch(html, /<img/);
  assert.equal(html.match(/<\/script>/g)!.length, 1);
  assert.deepEqual(JSON.parse(/id="report">(.*)<\/script>/.exec(html)![1]!), JSON.parse(JSON.stringify(of)));
  const markdown = await render(of, 'markdown');
  assert.match(
    markdown,
    /- Expected: \\<img src=x onerror=alert\(1\)\\> \\<\/script\\> \\`a\\` \\\| \\\*\\\*b\\\*\\\* &#64;team \\`\\`\\`\n/,
  );
  assert.match(markdown, /\n````sh\n<img/);
});

test('the page asks nothing of any other place', async () => {
  const html = await render(whole(), 'html');
  assert.match(html, /default-src 'none'/);
  assert.doesNotMatch(html, /(?:src|href)=|url\(|@import/);
});
