// How the readers of a policy look at the tree of its JSON, and tell what IAM would refuse.
import { nearestName } from '../nearest.ts';
import type { JsonNode } from './json.ts';
import type { Located, Place } from './types.ts';

export type ObjectNode = Extract<JsonNode, { type: 'object' }>;

/** Takes down a fault; the readers go on after it. */
export type Refuse = (code: string, at: Place, message: string, hint?: string | null) => void;

export const childOf = (node: ObjectNode, key: string): JsonNode | null =>
  node.entries.find((entry) => entry.key === key)?.value ?? null;

/** Where a key stands, rather than its value. */
export function keyPlace(node: ObjectNode, key: string): Place | null {
  const entry = node.entries.find((candidate) => candidate.key === key);
  return entry ? { ...entry.keyAt, pointer: entry.value.pointer } : null;
}

export const placeOf = ({ pointer, line, column }: Place): Place => ({ pointer, line, column });

export const located = (at: Place, text: string): Located => ({ ...placeOf(at), text });

/** `a string`, `an array`, `null`. */
export function nameOf(node: JsonNode): string {
  if (node.type === 'null') return 'null';
  return `${/^[aeiou]/.test(node.type) ? 'an' : 'a'} ${node.type}`;
}

/** A string or an array of strings; values of conditions may be numbers and booleans, too. */
export function readTexts(node: JsonNode, key: string, refuse: Refuse, code = 'TP001'): Located[] {
  const nodes = node.type === 'array' ? node.items : [node];
  return nodes.flatMap((item) => {
    if (item.type === 'string') return [located(item, item.value)];
    if (code === 'TP025' && item.type === 'number') return [located(item, item.text)];
    if (code === 'TP025' && item.type === 'boolean') return [located(item, String(item.value))];
    refuse(code, item, `"${key}" holds ${nameOf(item)} where a string must stand`, functionHint(item));
    return [];
  });
}

/** `{"Fn::Sub": …}` and the like come out of templates, whose functions IAM does not know. */
function functionHint(node: JsonNode): string | null {
  const [entry] = node.type === 'object' ? node.entries : [];
  return entry && /^(?:Fn::\w+|Ref)$/.test(entry.key)
    ? `"${entry.key}" is of CloudFormation, which fills it in before IAM sees it: check the document as it is deployed`
    : null;
}

export function refuseUnknownKeys(node: ObjectNode, known: string[], what: string, refuse: Refuse): void {
  for (const { key, keyAt, value } of node.entries) {
    if (known.includes(key)) continue;
    const at = { ...keyAt, pointer: value.pointer };
    refuse('TP001', at, `"${key}" is no element of ${what}`, nearestName(key, known));
  }
}
