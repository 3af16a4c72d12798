// Reads the Principal of a statement.
import { nearestName } from '../nearest.ts';
import { childOf, keyPlace, nameOf, type ObjectNode, type Refuse, readTexts } from './nodes.ts';
import { readPrincipal } from './principal.ts';
import type { Located, Principal, PrincipalType } from './types.ts';

const PRINCIPAL_TYPES: readonly string[] = ['AWS', 'Service', 'Federated'] satisfies PrincipalType[];

/** The principals that IAM would take; the others become faults. */
export function readPrincipals(statement: ObjectNode, refuse: Refuse): Principal[] {
  const except = keyPlace(statement, 'NotPrincipal');
  if (except)
    refuse(
      'TP005',
      except,
      '"NotPrincipal" is not supported in a trust policy',
      'name the account in "Principal" and deny the rest by aws:PrincipalArn',
    );
  const node = childOf(statement, 'Principal');
  if (!node) {
    if (!except) refuse('TP004', statement, 'a statement has no "Principal"');
    return [];
  }
  if (node.type === 'string' && node.value === '*') {
    refuse('TP006', node, '"Principal": "*" is not allowed in a trust policy', 'name the principals');
    return [];
  }
  if (node.type !== 'object') {
    const shown = node.type === 'string' ? `"${node.value}"` : nameOf(node);
    const hint = node.type === 'string' ? `{"AWS": "${node.value}"}` : null;
    refuse('TP004', node, `"Principal" is ${shown}, not an object such as {"AWS": …}`, hint);
    return [];
  }
  if (node.entries.length === 0) refuse('TP004', node, '"Principal" is empty');
  return node.entries.flatMap(({ key, keyAt, value }) => {
    if (!PRINCIPAL_TYPES.includes(key)) {
      const hint = nearestName(key, PRINCIPAL_TYPES) ?? 'use AWS, Service or Federated';
      const message = `"${key}" is no kind of principal that a trust policy takes`;
      refuse('TP004', { ...keyAt, pointer: value.pointer }, message, hint);
      return [];
    }
    const texts = readTexts(value, key, refuse);
    if (texts.length === 0 && value.type === 'array') refuse('TP004', value, `"${key}" is empty`);
    return texts.flatMap((text) => readEntry(key as PrincipalType, text, refuse));
  });
}

/** In a policy of an identity nobody is named. */
export function refusePrincipals(statement: ObjectNode, refuse: Refuse): Principal[] {
  const at = keyPlace(statement, 'Principal') ?? keyPlace(statement, 'NotPrincipal');
  if (at) refuse('TP001', at, 'a policy of an identity names no principal: whoever carries it is meant');
  return [];
}

function readEntry(type: PrincipalType, text: Located, refuse: Refuse): Principal[] {
  const reading = readPrincipal(type, text.text);
  if (reading.ok) return [{ ...text, type, names: reading.names }];
  refuse(reading.code, text, reading.message, reading.hint);
  return [];
}
