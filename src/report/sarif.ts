// SARIF 2.1.0 for code scanning. A rule is a check; fingerprints hold no line, so that an edit above a
// finding does not make it a new one. https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Report, Result } from '../model/finding.ts';
import { printedJson } from '../model/printed-json.ts';
import type { RenderOptions } from './render.ts';
import { LEVELS, type SarifRule, sarifRules } from './sarif-rules.ts';
import { exitCodeOf, weightOf } from './severity.ts';
import { subjectText } from './text.ts';

// Not primaryLocationLineHash, which GitHub's upload computes of the file's text and holds against ours.
const FINGERPRINT = 'podIam/v1';

export function renderSarif(report: Report, options: RenderOptions): string {
  const shown = report.results.filter(({ status }) => status !== 'pass' && status !== 'skip');
  const rules = sarifRules(shown, options);
  const exitCode = exitCodeOf(report, options.failOn, options);
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        columnKind: 'utf16CodeUnits',
        tool: {
          driver: {
            name: report.tool.name,
            version: report.tool.version,
            semanticVersion: report.tool.version,
            rules,
          },
        },
        invocations: [
          {
            // Findings do not make a run unsuccessful; what could not be checked does.
            executionSuccessful: report.complete && exitCode < 2,
            startTimeUtc: report.startedAt,
            exitCode,
          },
        ],
        results: numbered(shown.map((result) => sarifResult(result, rules, options))),
      },
    ],
  };
  return `${printedJson(log)}\n`;
}

function sarifResult(result: Result, rules: readonly SarifRule[], options: RenderOptions) {
  const isOpen = result.status === 'unknown';
  const { subject } = result;
  const uri = uriOf(subject.file, options);
  return {
    ruleId: result.code,
    ruleIndex: rules.findIndex(({ id }) => id === result.code),
    // "open": there was not enough information to decide; such a result has no level.
    kind: isOpen ? 'open' : 'fail',
    level: isOpen ? 'none' : LEVELS[weightOf(result)],
    message: { text: messageText(result) },
    locations: [
      {
        // Code scanning drops results without a file; those of the cluster point at the configuration.
        physicalLocation: {
          artifactLocation: { uri },
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
    partialFingerprints: { [FINGERPRINT]: fingerprint(result, uri) },
  };
}

/**
 * A reference that is relative to the checkout, as code scanning wants it; absolute only for a file outside.
 * Each part is encoded by itself: a colon in a name would read as a scheme.
 */
function uriOf(file: string | null, { repositoryPath = (path) => path }: RenderOptions): string {
  const path = repositoryPath(file ?? 'pod-iam.yaml');
  if (isAbsolute(path)) return pathToFileURL(path).href;
  return path.split('/').map(encodeURIComponent).join('/');
}

/** Of several results of one rule at one place each gets a fingerprint of its own. */
function numbered<T extends { partialFingerprints: Record<typeof FINGERPRINT, string> }>(results: T[]): T[] {
  const seen = new Map<string, number>();
  return results.map((result) => {
    const print = result.partialFingerprints[FINGERPRINT];
    const n = (seen.get(print) ?? 0) + 1;
    seen.set(print, n);
    return n === 1 ? result : { ...result, partialFingerprints: { [FINGERPRINT]: `${print}:${n}` } };
  });
}

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

function fingerprint({ code, subject }: Result, uri: string): string {
  const { kind, namespace, name, container, node, role, file, pointer } = subject;
  const at = file === null ? null : uri;
  const parts = [code, kind, namespace, name === file ? at : name, container, node, role, at, pointer];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
