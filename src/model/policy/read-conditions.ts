// Reads the Condition of a statement, one record for each operator and key.
import type { JsonEntry, JsonNode } from './json.ts';
import { nameOf, type Refuse, readTexts } from './nodes.ts';
import { readOperator } from './operators.ts';
import type { Condition } from './types.ts';

export function readConditions(node: JsonNode | null, refuse: Refuse): Condition[] {
  if (!node) return [];
  if (node.type !== 'object') {
    refuse('TP025', node, `"Condition" is ${nameOf(node)}, not an object`);
    return [];
  }
  return node.entries.flatMap((entry) => readBlock(entry, refuse));
}

function readBlock({ key: operatorText, keyAt, value: block }: JsonEntry, refuse: Refuse): Condition[] {
  const reading = readOperator(operatorText);
  if (!reading.ok)
    refuse(
      'TP025',
      { ...keyAt, pointer: block.pointer },
      `"${operatorText}" is no condition operator`,
      reading.hint,
    );
  if (block.type !== 'object') {
    refuse('TP025', block, `"${operatorText}" holds ${nameOf(block)}, not an object of keys and values`);
    return [];
  }
  refuseKeysOfTwoCases(operatorText, block.entries, refuse);
  return block.entries.flatMap(({ key, keyAt, value }) => {
    const place = { ...keyAt, pointer: value.pointer };
    if (!/^[^\s:][^:]*:\S(?:.*\S)?$/s.test(key))
      refuse('TP025', place, `"${key}" is no condition key: it must read prefix:name`);
    const values = readTexts(value, key, refuse, 'TP025');
    return reading.ok ? [{ ...place, operatorText, operator: reading.operator, key, values }] : [];
  });
}

/** Keys ignore case. The same key twice in one spelling is the JSON reader's to report. */
function refuseKeysOfTwoCases(operatorText: string, entries: readonly JsonEntry[], refuse: Refuse): void {
  const spellings = new Map<string, string>();
  for (const { key, keyAt, value } of entries) {
    const folded = key.toLowerCase();
    const first = spellings.get(folded);
    if (first !== undefined && first !== key)
      refuse(
        'TP025',
        { ...keyAt, pointer: value.pointer },
        `the key "${key}" stands twice under "${operatorText}", in different case`,
      );
    spellings.set(folded, first ?? key);
  }
}
