// The rule on the form of subjects: those of service accounts, and those of GitHub's pipelines.
// https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
import { templatePart } from '../../model/policy/placeholder.ts';
import type { Policy } from '../../model/policy.ts';
import { replaceValue } from '../edit.ts';
import type { Rule, Violation } from '../rule.ts';
import { gitHubSubjects } from './github-subjects.ts';
import { kubernetesSubjects } from './tokens.ts';

const SUBJECT = 'system:serviceaccount:';

const subjectForm: Rule = {
  code: 'TP029',
  title: "subjects have the form of the issuer's tokens",
  severity: 'error',
  why: 'the subject of a service account is system:serviceaccount:NAMESPACE:NAME; no token has another, so that every one is refused',
  fix: 'write system:serviceaccount:NAMESPACE:NAME',
  find: ({ policy }) => [...gitHubSubjects(policy), ...serviceAccountSubjects(policy)],
};

const serviceAccountSubjects = (policy: Policy): Violation[] =>
  kubernetesSubjects(policy).flatMap(({ value, condition }): Violation[] => {
    const isPattern = condition.operator.name === 'StringLike';
    // Text of a template is told by its own rule.
    if (isSubject(value.text, isPattern) || templatePart(value.text) !== null) return [];
    const better = correctedSubject(value.text);
    return [
      {
        at: value,
        observed: `"${value.text}" is no subject of a service account`,
        ...(better
          ? { fix: { text: `write "${better}"`, correct: replaceValue(value.pointer, better) } }
          : {}),
      },
    ];
  });

function isSubject(text: string, isPattern: boolean): boolean {
  // A pattern may cut the form short, which TP032 judges; a star elsewhere is TP026's.
  if (isPattern && SUBJECT.startsWith(text.split(/[*?]/, 1)[0]!) && /[*?]/.test(text)) return true;
  if (isPattern && /^system:serviceaccount:[^:]*\*[^:]*$/.test(text)) return true;
  const [system, kind, namespace = '', name = '', ...more] = text.split(':');
  const label = /^[a-z0-9*?$]([-a-z0-9.*?${}:/]*[a-z0-9*?}])?$/;
  return (
    system === 'system' &&
    kind === 'serviceaccount' &&
    more.length === 0 &&
    label.test(namespace) &&
    label.test(name)
  );
}

function correctedSubject(text: string): string | null {
  const parts = text
    .trim()
    .split(/[:/]/)
    .filter((part) => part !== '');
  const [namespace, name] = parts.slice(-2);
  if (!namespace || !name || parts.length > 5 || /^system$/i.test(namespace)) return null;
  // Words that are to be filled in are no names in capitals.
  if ([namespace, name].some((part) => /_|^(?:NAMESPACE|NAME)$/.test(part))) return null;
  if (/^service-?accounts?$/i.test(namespace)) return null;
  return `${SUBJECT}${namespace.toLowerCase()}:${name.toLowerCase()}`;
}

export const subjectRules: readonly Rule[] = [subjectForm];
