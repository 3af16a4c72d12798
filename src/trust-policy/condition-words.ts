// Conditions in plain words, as clauses that follow "if".
import { isNegated } from '../model/policy/operators.ts';
import { hasWildcard } from '../model/policy/wildcard.ts';
import type { Condition } from '../model/policy.ts';

/** What a condition asks: `the caller's address is in "192.0.2.0/24"`. */
export function conditionWords(condition: Condition): string {
  const { key, operator, values } = condition;
  const texts = values.map(({ text }) => text);
  if (operator.name === 'Null')
    return `${key} is ${texts.join() === 'true' ? 'absent from' : 'present in'} the request`;
  const loophole = operator.ifExists
    ? ', or the request does not tell'
    : operator.set === 'ForAllValues'
      ? ', or there is none'
      : '';
  return (ofMfa(condition) ?? ofSubject(condition) ?? plain(condition)) + loophole;
}

function ofMfa({ key, operator, values }: Condition): string | null {
  const [value, ...more] = values.map(({ text }) => text.toLowerCase());
  if (more.length > 0) return null;
  if (/^aws:MultiFactorAuthPresent$/i.test(key) && operator.name === 'Bool')
    return `the caller signed in with${value === 'true' ? '' : 'out'} MFA`;
  if (/^aws:MultiFactorAuthAge$/i.test(key) && operator.name === 'NumericLessThan')
    return `the caller gave the MFA code less than ${value} seconds ago`;
  return null;
}

/** Whose token it is, told as what it means. */
function ofSubject({ key, operator, values }: Condition): string | null {
  if (!/\..*:sub$/i.test(key)) return null;
  const isPattern = operator.name.endsWith('Like');
  const wanted = values.map(({ text }) => subjectWords(text, isPattern)).join(' or ') || 'nobody';
  return `the token is ${isNegated(operator) ? 'not ' : ''}of ${wanted}`;
}

function subjectWords(text: string, isPattern: boolean): string {
  const star = hasWildcard(text) && !isPattern;
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(text) ?? [];
  if (star) return `"${text}", in which the star is no wildcard`;
  if (!namespace || !name) return gitSubject(text) ?? `"${text}"`;
  const who = hasWildcard(name)
    ? `any service account${name === '*' ? '' : ` named like ${name}`}`
    : `the service account ${name}`;
  const where = hasWildcard(namespace)
    ? `any namespace${namespace === '*' ? '' : ` named like ${namespace}`}`
    : `namespace ${namespace}`;
  return `${who} in ${where}`;
}

// https://docs.github.com/en/actions/reference/security/oidc
function gitSubject(text: string): string | null {
  const [, repository = '', rest = ''] = /^repo:([^:]+):(.+)$/.exec(text) ?? [];
  if (repository === '') return null;
  const of = /^[^*?/]+\/\*$/.test(repository)
    ? `any repository of ${repository.slice(0, -2)}`
    : `the repository ${repository}`;
  const [, kind, name = ''] = /^(environment|ref:refs\/heads|ref:refs\/tags):?\/?(.+)$/.exec(rest) ?? [];
  if (rest === '*') return `any run in ${of}`;
  if (rest === 'pull_request') return `a pull request in ${of}`;
  if (kind === undefined) return null;
  const what = kind === 'environment' ? 'the environment' : kind.endsWith('heads') ? 'the branch' : 'the tag';
  return `a run for ${what} ${name} in ${of}`;
}

function plain(condition: Condition): string {
  const { key, operator, values } = condition;
  const texts = values.map(({ text }) => text);
  const isPattern = /Like|Arn/.test(operator.name);
  if (isPattern && !isNegated(operator) && texts.join() === '*') return `${subjectOf(key)} is given`;
  const each = operator.set === 'ForAllValues' ? 'each value of ' : '';
  const wanted = texts.map((text) => `"${text}"`).join(' or ') || 'nothing';
  return `${each}${subjectOf(key)} ${verb(condition, isPattern && texts.some(hasWildcard))} ${wanted}`;
}

const SUBJECTS: Readonly<Record<string, string>> = {
  'sts:externalid': 'the external id sent along',
  'sts:rolesessionname': 'the session name asked for',
  'sts:sourceidentity': 'the source identity sent along',
  'sts:transitivetagkeys': 'the list of tags that later sessions inherit',
  'aws:principalarn': "the ARN of the caller's role or user",
  'aws:principalaccount': "the caller's account",
  'aws:principalorgid': "the caller's organisation",
  'aws:principalorgpaths': "the caller's place in its organisation",
  'aws:sourceip': "the caller's address",
  'aws:sourcevpc': 'the VPC that the call comes through',
  'aws:sourcevpce': 'the VPC endpoint that the call comes through',
  'aws:sourcearn': 'the resource that the service acts for',
  'aws:sourceaccount': 'the account that the service acts for',
  'aws:currenttime': 'the time of the call',
  'aws:requesttag/kubernetes-namespace': "the pod's namespace",
  'aws:requesttag/kubernetes-service-account': "the pod's service account",
  'aws:requesttag/eks-cluster-name': "the pod's cluster",
  'aws:requesttag/eks-cluster-arn': "the pod's cluster",
  'saml:aud': 'the address that the assertion is for',
};

function subjectOf(key: string): string {
  const known = SUBJECTS[key.toLowerCase()];
  if (known !== undefined) return known;
  if (/\..*:aud$/i.test(key)) return "the token's audience";
  const claim = /\..*:([\w-]+)$/.exec(key)?.[1];
  if (claim !== undefined) return `the token's claim ${claim}`;
  const [, kind, tag] = /^aws:(PrincipalTag|RequestTag)\/(.+)$/i.exec(key) ?? [];
  if (kind === undefined) return key;
  return /^principal/i.test(kind) ? `the caller's tag ${tag}` : `the tag ${tag} asked for`;
}

function verb({ key, operator }: Condition, isPattern: boolean): string {
  const isTime = /Date/.test(operator.name) || /time$/i.test(key);
  const not = isNegated(operator);
  if (isPattern) return not ? 'does not match' : 'matches';
  const relations: readonly [RegExp, string][] = [
    [/LessThanEquals/, isTime ? 'not after' : 'at most'],
    [/GreaterThanEquals/, isTime ? 'not before' : 'at least'],
    [/LessThan/, isTime ? 'before' : 'below'],
    [/GreaterThan/, isTime ? 'after' : 'above'],
    [/IpAddress/, 'in'],
  ];
  const relation = relations.find(([name]) => name.test(operator.name))?.[1];
  return ['is', ...(not ? ['not'] : []), ...(relation ? [relation] : [])].join(' ');
}
