// Reads one statement: its Sid, Effect and actions here, its principals and conditions beside.
import { nearestName } from '../nearest.ts';
import { TRUST_ACTIONS, trustActionsOf } from './actions.ts';
import {
  childOf,
  keyPlace,
  located,
  nameOf,
  type ObjectNode,
  placeOf,
  type Refuse,
  readTexts,
  refuseUnknownKeys,
} from './nodes.ts';
import { readConditions } from './read-conditions.ts';
import { readPrincipals, refusePrincipals } from './read-principals.ts';
import type { Located, PolicyKind, Statement } from './types.ts';

const STATEMENT_KEYS = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
];

export function readStatement(node: ObjectNode, index: number, kind: PolicyKind, refuse: Refuse): Statement {
  refuseUnknownKeys(node, STATEMENT_KEYS, 'a statement', refuse);
  const isTrust = kind === 'trust';
  const actions = readEither(node, 'Action', 'NotAction', 'TP024', refuse);
  const resources = isTrust ? null : readEither(node, 'Resource', 'NotResource', 'TP001', refuse);
  if (isTrust) {
    refuseResource(node, refuse);
    for (const action of actions?.texts ?? []) refuseForeignAction(action, refuse);
  }
  return {
    ...placeOf(node),
    index,
    sid: readSid(node, refuse),
    effect: readEffect(node, refuse),
    principals: isTrust ? readPrincipals(node, refuse) : refusePrincipals(node, refuse),
    actions: actions?.texts ?? [],
    exceptActions: actions?.isExcept ?? false,
    resources: resources?.texts ?? [],
    exceptResources: resources?.isExcept ?? false,
    conditions: readConditions(childOf(node, 'Condition'), refuse),
  };
}

function readSid(statement: ObjectNode, refuse: Refuse): Located | null {
  const node = childOf(statement, 'Sid');
  if (!node) return null;
  if (node.type !== 'string') {
    refuse('TP046', node, `"Sid" is ${nameOf(node)}, not a string`);
    return null;
  }
  if (!/^[A-Za-z0-9]*$/.test(node.value)) {
    const bare = node.value.replace(/[^A-Za-z0-9]/g, '');
    refuse('TP046', node, `the Sid "${node.value}" holds more than letters and digits`, bare || null);
  }
  return located(node, node.value);
}

function readEffect(statement: ObjectNode, refuse: Refuse): 'Allow' | 'Deny' {
  const node = childOf(statement, 'Effect');
  if (!node) refuse('TP001', statement, 'a statement has no "Effect"');
  else if (node.type !== 'string') refuse('TP001', node, `"Effect" is ${nameOf(node)}, not a string`);
  else if (node.value === 'Allow' || node.value === 'Deny') return node.value;
  else
    refuse(
      'TP001',
      node,
      `"Effect" is "${node.value}"; it must be "Allow" or "Deny"`,
      nearestName(node.value, ['Allow', 'Deny']),
    );
  // A statement that nobody can read must not grant.
  return 'Deny';
}

function readEither(
  statement: ObjectNode,
  key: string,
  notKey: string,
  code: string,
  refuse: Refuse,
): { texts: Located[]; isExcept: boolean } | null {
  const plain = childOf(statement, key);
  const except = childOf(statement, notKey);
  if (plain && except) refuse('TP001', except, `a statement has both "${key}" and "${notKey}"`);
  const node = plain ?? except;
  if (!node) {
    refuse(code, statement, `a statement has no "${key}"`);
    return null;
  }
  const name = plain ? key : notKey;
  const texts = readTexts(node, name, refuse);
  if (texts.length === 0 && node.type === 'array') refuse(code, node, `"${name}" is empty`);
  return { texts, isExcept: !plain };
}

function refuseResource(statement: ObjectNode, refuse: Refuse): void {
  for (const key of ['Resource', 'NotResource']) {
    const at = keyPlace(statement, key);
    if (at)
      refuse(
        'TP003',
        at,
        `"${key}" is not allowed in a trust policy: the role itself is the resource`,
        'remove it',
      );
  }
}

function refuseForeignAction(action: Located, refuse: Refuse): void {
  // A pattern must name the service too: IAM takes sts:* and refuses *.
  const isOfSts = /^sts:/i.test(action.text);
  if (isOfSts && trustActionsOf(action.text).length > 0) return;
  const bare = action.text.replace(/^\s*sts\s*:\s*|\s+/gi, '');
  const message = isOfSts
    ? `the action "${action.text}" is none that a trust policy can grant`
    : `the action "${action.text}" is not of the service sts, and a trust policy can grant no other`;
  refuse('TP024', action, message, nearestName(`sts:${bare}`, TRUST_ACTIONS));
}
