// The label selectors of queries, such as `app=web,tier in (a,b),!canary`, read by the API's own grammar
// so that its complaints are the same.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
import { badRequest } from '../status.ts';
import { type Matcher, matchesExpression } from './selectors.ts';

interface Requirement {
  key: string;
  operator: string;
  values: string[];
}

/** Throws the API's 400 for text that is no selector. */
export function labelMatcher(text: string): Matcher {
  const requirements = text.trim() === '' ? [] : parse(tokensOf(text));
  return ({ metadata }) =>
    requirements.every(({ key, operator, values }) =>
      matchesExpression(operator, metadata.labels?.[key], values),
    );
}

// Words, and the marks `! = == != ( ) , < >`.
const tokensOf = (text: string): string[] => text.match(/==|!=|[!=(),<>]|[^\s!=(),<>]+/g) ?? [];

const isWord = (token: string | undefined): token is string =>
  token !== undefined && !/^[!=(),<>]/.test(token);

function parse(tokens: string[]): Requirement[] {
  const requirements: Requirement[] = [];
  for (;;) {
    const token = tokens[0];
    if (!isWord(token) && token !== '!') throw found(token, "!, identifier, or 'end of string'");
    requirements.push(requirement(tokens));
    const next = tokens.shift();
    if (next === undefined) return requirements;
    if (next !== ',') throw found(next, "',' or 'end of string'");
    if (tokens.length === 0) throw found(undefined, "identifier after ','");
  }
}

function requirement(tokens: string[]): Requirement {
  const isNegated = tokens[0] === '!';
  if (isNegated) tokens.shift();
  const key = tokens.shift();
  if (!isWord(key)) throw unparsable(found(key, 'identifier'));
  if (isNegated) return { key, operator: 'DoesNotExist', values: [] };
  if (tokens[0] === undefined || tokens[0] === ',') return { key, operator: 'Exists', values: [] };
  const operator = tokens.shift()!;
  const known = operators[operator];
  if (!known) throw unparsable(found(operator, 'in, notin, =, ==, !=, gt, lt'));
  if (operator === 'in' || operator === 'notin') return { key, operator: known, values: setOf(tokens) };
  const value = isWord(tokens[0]) ? tokens.shift()! : '';
  return { key, operator: known, values: [value] };
}

const operators: Record<string, string> = {
  '=': 'In',
  '==': 'In',
  '!=': 'NotIn',
  in: 'In',
  notin: 'NotIn',
  '>': 'Gt',
  '<': 'Lt',
  gt: 'Gt',
  lt: 'Lt',
};

function setOf(tokens: string[]): string[] {
  const open = tokens.shift();
  if (open !== '(') throw unparsable(found(open, "'('"));
  const values: string[] = [];
  for (let token = tokens.shift(); token !== ')'; token = tokens.shift()) {
    if (token === undefined) throw unparsable(found(token, "',' or ')'"));
    if (isWord(token)) values.push(token);
  }
  return values;
}

const found = (token: string | undefined, expected: string): Error =>
  badRequest(`found '${token ?? ''}', expected: ${expected}`);

const unparsable = (error: Error): Error => badRequest(`unable to parse requirement: ${error.message}`);
