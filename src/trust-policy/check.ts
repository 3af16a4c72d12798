// Judges trust policies by all rules: one result for each breach, with its place, and one pass for each
// rule that holds.
import {
  type Fix,
  fail,
  pass,
  type Result,
  type Severity,
  subject,
  unknown,
  warn,
} from '../model/finding.ts';
import { type Place, type PolicyFault, parsePolicy } from '../model/policy.ts';
import { RULES } from './codes.ts';
import { type Corrected, Corrector } from './corrector.ts';
import { asAdvice } from './fault-advice.ts';
import { correctionOf } from './fault-corrections.ts';
import type { PolicyText } from './input.ts';
import type { CheckOptions, Rule, RuleInput, Violation } from './rule.ts';

/** The results of all documents, in their order. */
export function checkPolicies(documents: readonly PolicyText[], options: CheckOptions): Result[] {
  return documents.flatMap((document) => checkPolicy(document, options));
}

/** All results for one document, in the order of the codes. */
export function checkPolicy(document: PolicyText, options: CheckOptions): Result[] {
  const { ok, faults, policy } = parse(document);
  // What cannot be read breaks TP001 alone, and leaves nothing for the other rules to look at.
  if (policy === null)
    return RULES.flatMap((rule) =>
      faultsOf(rule, faults).map((fault) => resultOf(rule, document.name, violationOf(fault), null)),
    );
  const input = { name: document.name, text: document.text, policy, isRefused: !ok, options };
  const corrector = new Corrector(input);
  return RULES.flatMap((rule) => judge(rule, input, faultsOf(rule, faults), corrector));
}

function parse({ text, fault, hint, faultAt }: PolicyText): ReturnType<typeof parsePolicy> {
  if (fault === null) return parsePolicy(text);
  const at = { pointer: '', ...(faultAt ?? { line: 1, column: 1 }) };
  return {
    ok: false,
    policy: null,
    faults: [{ code: 'TP001', message: fault, hint: hint ?? null, ...at }],
  };
}

function judge(rule: Rule, input: RuleInput, faults: readonly PolicyFault[], corrector: Corrector): Result[] {
  const found = rule.find(input);
  if (found === null && faults.length === 0) return [];
  const breaches = [...faults.map(violationOf), ...(Array.isArray(found) ? found : [])];
  if (breaches.length > 0)
    return breaches.map((breach) => {
      const correct = breach.fix?.correct;
      const corrected = correct ? corrector.apply(rule, breaches.length, correct) : null;
      return resultOf(rule, input.name, breach, corrected);
    });
  const evidence = found !== null && 'passed' in found ? found.passed : [];
  const words = { expected: rule.title, observed: 'it holds', why: rule.why, evidence };
  return [{ ...pass(place(input.name, null), words), ...headOf(rule) }];
}

const faultsOf = ({ code }: Rule, faults: readonly PolicyFault[]): PolicyFault[] =>
  faults.filter((fault) => fault.code === code);

function violationOf(fault: PolicyFault): Violation {
  const { message, hint, ...at } = fault;
  const correct = correctionOf(fault);
  const text = hint === null ? null : asAdvice(hint);
  return {
    at,
    status: 'fail',
    severity: 'error',
    observed: message,
    ...(text !== null || correct ? { fix: { text: text ?? '', ...(correct && { correct }) } } : {}),
  };
}

const makers = { fail, warn, unknown };

function resultOf(rule: Rule, name: string, violation: Violation, corrected: Corrected | null): Result {
  const severity = violation.severity ?? rule.severity;
  const status = violation.status ?? (severity === 'error' || severity === 'security' ? 'fail' : 'warn');
  const finding = makers[status](place(name, violation.at), {
    expected: rule.title,
    observed: violation.observed,
    why: violation.why ?? rule.why,
    evidence: violation.evidence ?? [],
    fix: fixOf(rule, violation, corrected),
  });
  return { ...finding, ...headOf(rule, severity) };
}

function fixOf(rule: Rule, { fix }: Violation, corrected: Corrected | null): Fix {
  const { text, command = null, patch = null } = fix ?? { text: rule.fix };
  return { text: text === '' ? rule.fix : text, command, patch, ...corrected };
}

const headOf = ({ code, title, severity }: Rule, actual: Severity = severity) => ({
  code,
  title,
  severity: actual,
});

const place = (file: string, at: Place | null) =>
  subject('TrustPolicy', file, {
    file,
    pointer: at?.pointer ?? null,
    line: at?.line ?? null,
    column: at?.column ?? null,
  });
