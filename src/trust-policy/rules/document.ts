// Rules on the document as a whole: whether IAM can read it, its version, its size, its statements.
import { actionMatches } from '../../model/policy/actions.ts';
import { type Correction, removeValue, replaceValue } from '../edit.ts';
import type { Grant } from '../grants.ts';
import { grantsOfStatement } from '../grants.ts';
import type { Rule, Violation } from '../rule.ts';

const start = { pointer: '', line: 1, column: 1 };

const readable: Rule = {
  code: 'TP001',
  title: 'the document is JSON that IAM can read',
  severity: 'error',
  why: 'IAM answers MalformedPolicyDocument and keeps the old policy',
  fix: 'correct the document at this place',
  find: () => [],
};

const version: Rule = {
  code: 'TP002',
  title: 'the version is 2012-10-17',
  severity: 'warning',
  why: 'without it IAM reads the language of 2008, in which policy variables such as ${aws:username} are plain text',
  fix: 'write "Version": "2012-10-17"',
  find({ policy, isRefused, text }) {
    if (policy.version?.text === '2012-10-17') return [];
    if (policy.version)
      return [
        {
          at: policy.version,
          observed: `the version is ${policy.version.text}`,
          fix: { text: version.fix, correct: replaceValue('/Version', '2012-10-17') },
        },
      ];
    // A version that IAM does not know is the parser's to report.
    if (isRefused && /"Version"\s*:/.test(text)) return [];
    return [
      {
        at: start,
        observed: 'the document has no "Version"',
        fix: { text: version.fix, correct: addVersion },
      },
    ];
  },
};

const addVersion: Correction = (document) => {
  const { ...rest } = document;
  for (const key of Object.keys(rest)) delete document[key];
  Object.assign(document, { Version: '2012-10-17', ...rest });
  return true;
};

const size: Rule = {
  code: 'TP045',
  title: 'the document is well below the size quota',
  severity: 'error',
  why: 'above the quota IAM answers LimitExceeded; white space does not count',
  fix: 'name an account once and narrow it with ArnLike on aws:PrincipalArn, or raise the quota "Role trust policy length"',
  find({ text, options: { sizeQuota } }) {
    const length = text.replace(/\s/g, '').length;
    const observed = `it has ${length} characters without white space, ${Math.floor((100 * length) / sizeQuota)} % of the quota of ${sizeQuota}`;
    if (length > sizeQuota) return [{ at: start, observed }];
    return length >= 0.8 * sizeQuota ? [{ at: start, observed, status: 'warn', severity: 'warning' }] : [];
  },
};

const sids: Rule = {
  code: 'TP046',
  title: 'each Sid is unique and of letters and digits',
  severity: 'error',
  why: 'IAM answers MalformedPolicyDocument',
  fix: 'rename it or leave it out; a Sid has no other meaning',
  find: () => [],
};

const redundant: Rule = {
  code: 'TP047',
  title: 'each statement adds something',
  severity: 'info',
  why: 'a statement without effect uses up the quota and misleads the next reader',
  fix: 'remove the statement',
  find({ policy, isRefused }) {
    if (isRefused) return [];
    const all = policy.statements.map((statement) => ({ statement, grants: grantsOfStatement(statement) }));
    return all.flatMap(({ statement, grants }, position): Violation[] => {
      if (grants.length === 0) return [];
      const cover = all.find(
        (other, otherPosition) =>
          other.statement !== statement &&
          other.statement.effect === statement.effect &&
          grants.every((grant) => other.grants.some((wider) => includes(wider, grant))) &&
          // Of two equal statements the later one is the needless one.
          (otherPosition < position ||
            !other.grants.every((grant) => grants.some((wider) => includes(wider, grant)))),
      );
      if (cover)
        return [
          {
            at: statement,
            observed: `statement ${statement.index} says nothing that statement ${cover.statement.index} does not say`,
            fix: { text: redundant.fix, correct: removeValue(statement.pointer) },
          },
        ];
      if (statement.effect === 'Deny') return [];
      const deny = all.find(
        (other) =>
          other.statement.effect === 'Deny' &&
          grants.every((grant) =>
            other.grants.some((denied) => denied.conditions === '' && denies(denied, grant)),
          ),
      );
      return deny
        ? [
            {
              at: statement,
              observed: `all that statement ${statement.index} allows is denied by statement ${deny.statement.index}`,
            },
          ]
        : [];
    });
  },
};

/** Whether one grant covers another: the same conditions or none, the same principal or everyone. */
const includes = (wide: Grant, narrow: Grant): boolean =>
  (wide.principal === narrow.principal ||
    (wide.principal === 'AWS *' && narrow.principal.startsWith('AWS '))) &&
  (wide.conditions === '' || wide.conditions === narrow.conditions) &&
  !wide.action.startsWith('all but') &&
  (wide.action === narrow.action || actionMatches(wide.action, narrow.action));

/** A Deny for an account takes in all that is of it; an Allow only delegates to it. */
function denies(denied: Grant, grant: Grant): boolean {
  const account = /^AWS (arn:[\w-]+:)iam(::\d{12}:)root$/.exec(denied.principal);
  const isOfAccount =
    account !== null &&
    ['iam', 'sts'].some((by) => grant.principal.startsWith(`AWS ${account[1]}${by}${account[2]}`));
  return includes(isOfAccount ? { ...denied, principal: grant.principal } : denied, grant);
}

export const documentRules: readonly Rule[] = [readable, version, size, sids, redundant];
