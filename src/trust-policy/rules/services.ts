// Rules on service principals: misspelt ones, those that need a second action, and the scope of EKS Pod
// Identity.
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html

import { editDistance, nearestName } from '../../model/nearest.ts';
import { coversAction } from '../../model/policy/actions.ts';
import { addText, inTurn, replaceValue } from '../edit.ts';
import type { Rule, Violation } from '../rule.ts';
import { SERVICES } from '../services.ts';
import { allows, asksForMore, conditionsOn, isGuard, joined, principalsOf } from './shared.ts';

const POD_IDENTITY = 'pods.eks.amazonaws.com';

const spelling: Rule = {
  code: 'TP035',
  title: 'service principals are spelt right',
  severity: 'error',
  why: 'IAM refuses a service that does not exist',
  fix: 'correct the name',
  find: ({ policy }) =>
    policy.statements
      .flatMap((statement) => principalsOf(statement, 'service'))
      .flatMap((principal): Violation[] => {
        const better = betterService(principal.text);
        if (better === null) return [];
        const fix =
          better === ''
            ? undefined
            : { text: `write ${better}`, correct: replaceValue(principal.pointer, better) };
        return [
          { at: principal, observed: `${principal.text} is no service principal`, ...(fix ? { fix } : {}) },
        ];
      }),
};

/** The service that was probably meant, '' when none comes near; null when the name may be right. */
function betterService(text: string): string | null {
  const domain =
    /\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|amazon\.com|aws\.internal|c2s\.ic\.gov|sc2s\.sgov\.gov|csp\.hci\.ic\.gov|cloud\.adc-e\.uk|aws\.dev)$/.exec(
      text,
    );
  const name = text
    .slice(0, domain ? -domain[0].length : text.indexOf('.'))
    .replace(/\.[a-z]{2}(?:-[a-z]+)+-\d$/, '');
  if (!domain)
    return SERVICES.includes(name)
      ? `${name}.amazonaws.com`
      : (nearestName(
          text,
          SERVICES.map((service) => `${service}.amazonaws.com`),
        ) ?? '');
  // Some services of Alexa and others end in amazon.com; those of compute do not.
  if (domain[0] === '.amazon.com') return SERVICES.includes(name) ? `${name}.amazonaws.com` : null;
  if (SERVICES.includes(name)) return null;
  const near = SERVICES.find((service) => isTypo(name.toLowerCase(), service));
  return near === undefined ? null : `${near}${domain[0]}`;
}

// Of names this short nearly all are one letter apart, so that only those of compute are guessed at.
const COMPUTE = ['ec2', 'ecs', 'eks'];

/** Close enough to be no other service: letters or words swapped, or one letter off in a longer name. */
function isTypo(name: string, service: string): boolean {
  if (Math.abs(name.length - service.length) > 1) return false;
  if (name === service || wordsOf(name) === wordsOf(service)) return true;
  const isSwapped = name.length >= 3 && lettersOf(name) === lettersOf(service);
  const isLong = name.length >= 5 || COMPUTE.includes(service);
  return isSwapped || (isLong && editDistance(plain(name), plain(service)) === 1);
}

const plain = (name: string): string => name.replaceAll('.', '-');
const wordsOf = (name: string): string => plain(name).split('-').sort().join();
const lettersOf = (name: string): string => [...name].sort().join('');

/** What a service sends with each request for a role, and must be allowed to. */
const SENT: Readonly<Record<string, readonly string[]>> = {
  [POD_IDENTITY]: ['sts:TagSession'],
  // https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
  'rolesanywhere.amazonaws.com': ['sts:SetSourceIdentity', 'sts:TagSession'],
};

const tagSession: Rule = {
  code: 'TP033',
  title: 'EKS Pod Identity and Roles Anywhere may tag their sessions',
  severity: 'error',
  why: 'EKS always sends tags with cluster, namespace and service account unless the association disables them, and is refused without sts:TagSession',
  fix: 'write "Action": ["sts:AssumeRole", "sts:TagSession"]',
  find: ({ policy }) =>
    Object.entries(SENT).flatMap(([service, needed]): Violation[] => {
      const statements = allows(policy).filter((statement) =>
        principalsOf(statement, 'service').some(({ text }) => text === service),
      );
      const missing = needed.filter(
        (action) => !statements.some((statement) => coversAction(statement, action)),
      );
      if (missing.length === 0) return [];
      return statements
        .filter((statement) => coversAction(statement, 'sts:AssumeRole'))
        .map((statement) => ({
          at: statement.actions[0] ?? statement,
          observed: `${service} is trusted without ${joined(missing)}`,
          ...(service !== POD_IDENTITY && {
            why: 'Roles Anywhere always sends tags and a source identity, made of the certificate, and is refused where it may not',
          }),
          fix: {
            text: `write "Action": [${['sts:AssumeRole', ...needed].map((action) => `"${action}"`).join(', ')}]`,
            correct: inTurn(...missing.map((action) => addText(`${statement.pointer}/Action`, action))),
          },
        }));
    }),
};

const SCOPES =
  /^aws:(?:sourceaccount|sourcearn|sourceorgid|sourceorgpaths|requesttag\/(?:kubernetes-namespace|kubernetes-service-account|eks-cluster-arn|eks-cluster-name|kubernetes-pod-name))$/;

const scope: Rule = {
  code: 'TP034',
  title: 'EKS Pod Identity is scoped',
  severity: 'security',
  why: 'whoever may create associations in any cluster of the account can give the role to any pod',
  fix: 'add conditions on aws:SourceAccount, aws:SourceArn (the cluster) or aws:RequestTag/kubernetes-namespace',
  find: ({ policy }) =>
    allows(policy)
      .filter((statement) => coversAction(statement, 'sts:AssumeRole'))
      .filter(
        (statement) =>
          !conditionsOn(statement, (key) => SCOPES.test(key)).some(
            (condition) =>
              isGuard(condition) &&
              asksForMore(condition) &&
              condition.values.every(({ text }) => !/^[*?]*$/.test(text)),
          ),
      )
      .flatMap((statement) => principalsOf(statement, 'service').filter(({ text }) => text === POD_IDENTITY))
      .map((principal) => ({
        at: principal,
        observed: `${POD_IDENTITY} is trusted for every cluster and namespace`,
      })),
};

export const serviceRules: readonly Rule[] = [tagSession, scope, spelling];
