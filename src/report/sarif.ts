// SARIF 2.1.0 for code scanning. A rule is a check; fingerprints hold no line, so that an edit above a
// finding does not make it a new one. https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
import { createHash } from 'node:crypto';
import type { Report, Result } from '../model/finding.ts';
import { printedJson } from '../model/printed-json.ts';
import type { RenderOptions } from './render.ts';
import { exitCodeOf, type FailOn, weightOf } from './severity.ts';
import { subjectText } from './text.ts';

export function renderSarif(report: Report, options: RenderOptions): string {
  const shown = report.results.filter(({ status }) => status !== 'pass' && status !== 'skip');
  const rules = ruleList(shown);
  const exitCode = exitCodeOf(report, options.failOn, options);
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        columnKind: 'utf16CodeUnits',
        tool: { driver: { name: report.tool.name, version: report.tool.version, rules } },
        invocations: [
          {
            // Findings do not make a run unsuccessful; what could not be checked does.
            executionSuccessful: report.complete && exitCode < 2,
            startTimeUtc: report.startedAt,
            exitCode,
          },
        ],
        results: shown.map((result) => sarifResult(result, rules)),
      },
    ],
  };
  return `${printedJson(log)}\n`;
}

interface Rule {
  id: string;
  shortDescription: { text: string };
  defaultConfiguration: { level: Level };
  properties: { tags: string[] };
}

type Level = 'error' | 'warning' | 'note' | 'none';
const levels: Record<FailOn, Level> = { error: 'error', warning: 'warning', info: 'note' };

function ruleList(results: readonly Result[]): Rule[] {
  const rules = new Map<string, Rule>();
  for (const { code, title, severity } of results) {
    rules.set(code, {
      id: code,
      shortDescription: { text: title },
      defaultConfiguration: { level: levels[severity === 'security' ? 'error' : severity] },
      properties: { tags: severity === 'security' ? ['security'] : [] },
    });
  }
  return [...rules.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function sarifResult(result: Result, rules: Rule[]): object {
  const isOpen = result.status === 'unknown';
  const { subject } = result;
  return {
    ruleId: result.code,
    ruleIndex: rules.findIndex(({ id }) => id === result.code),
    // "open": there was not enough information to decide; such a result has no level.
    kind: isOpen ? 'open' : 'fail',
    level: isOpen ? 'none' : levels[weightOf(result)],
    message: { text: messageText(result) },
    locations: [
      {
        // Code scanning drops results without a file; those of the cluster point at the configuration.
        physicalLocation: {
          artifactLocation: { uri: uriOf(subject.file ?? 'pod-iam.yaml') },
          region: {
            startLine: subject.line ?? 1,
            ...(typeof subject.column === 'number' && { startColumn: subject.column }),
          },
        },
        logicalLocations: [
          {
            name: subject.name,
            kind: subject.kind,
            fullyQualifiedName: [subject.namespace, subject.kind, subject.name].filter(Boolean).join('/'),
          },
        ],
      },
    ],
    partialFingerprints: { 'podIam/v1': fingerprint(result) },
  };
}

/** A relative reference: in a file's name # and ? are letters, in a URI they are not. */
const uriOf = (path: string): string => encodeURI(path).replace(/[#?]/g, encodeURIComponent);

function messageText(result: Result): string {
  const lines = [
    `${subjectText(result.subject)}: ${result.observed}.`,
    `Expected: ${result.expected}.`,
    ...(result.why ? [result.why] : []),
    ...(result.fix ? [`Fix: ${result.fix.text}`] : []),
    ...(result.fix?.command ? [result.fix.command] : []),
  ];
  return lines.join('\n');
}

function fingerprint({ code, subject }: Result): string {
  const { kind, namespace, name, container, node, role, file, pointer } = subject;
  const parts = [code, kind, namespace, name, container, node, role, file, pointer];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
