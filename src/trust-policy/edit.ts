// Changes to a document, addressed by JSON pointer, of which the corrected documents of findings are made.
// Each tells whether it could be done; one that could not leaves a document that must not be used.

export type JsonObject = Record<string, unknown>;

/** Mutates a parsed document; false when it cannot correct this one. */
export type Correction = (document: JsonObject) => boolean;

/** All of them, or none. */
export const inTurn =
  (...corrections: Correction[]): Correction =>
  (document) =>
    corrections.every((correct) => correct(document));

export const replaceValue =
  (pointer: string, value: unknown): Correction =>
  (document) => {
    const place = find(document, pointer);
    if (place === null || !(place.key in place.parent)) return false;
    place.parent[place.key] = value;
    return true;
  };

/** Sets a key of the object at a pointer, which need not have it. */
export const setKey =
  (pointer: string, key: string, value: unknown): Correction =>
  (document) => {
    const object = valueAt(document, pointer);
    if (!isObject(object)) return false;
    object[key] = value;
    return true;
  };

/** Renames the key on which a pointer ends, at the same place among its siblings. */
export const renameKey =
  (pointer: string, name: string): Correction =>
  (document) => {
    const place = find(document, pointer);
    if (place === null || Array.isArray(place.parent) || name in place.parent) return false;
    const { parent, key } = place;
    const entries = Object.entries(parent);
    for (const [old] of entries) delete parent[old];
    for (const [old, value] of entries) parent[old === key ? name : old] = value;
    return true;
  };

/**
 * Removes what a pointer names. What becomes empty by it goes too: a list of principals, an operator of a
 * condition, a statement without principals. The last statement stays, as no policy is without one.
 */
export const removeValue =
  (pointer: string): Correction =>
  (document) => {
    const place = find(document, pointer);
    if (place === null || !(place.key in place.parent)) return false;
    const { parent, key } = place;
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete parent[key];
    const size = Array.isArray(parent) ? parent.length : Object.keys(parent).length;
    const up = pointer.slice(0, pointer.lastIndexOf('/'));
    if (size > 0) return true;
    if (up === '' || up === '/Statement') return false;
    if (/^\/Statement(?:\/\d+)?\/Principal$/.test(up))
      return removeValue(up.slice(0, -'/Principal'.length))(document);
    return removeValue(up)(document);
  };

/** Adds an element to what may be one text or a list of them. */
export const addText =
  (pointer: string, text: string): Correction =>
  (document) => {
    const place = find(document, pointer);
    const value = place?.parent[place.key];
    if (place === null || value === undefined) return false;
    place.parent[place.key] = [...[value].flat(), text];
    return true;
  };

/** Adds a condition to a statement, beside those that it has; false when the key has one already. */
export const addCondition =
  (statement: string, operator: string, key: string, value: unknown): Correction =>
  (document) => {
    const object = valueAt(document, statement);
    if (!isObject(object)) return false;
    object['Condition'] ??= {};
    const conditions = object['Condition'];
    if (!isObject(conditions)) return false;
    conditions[operator] ??= {};
    const lines = conditions[operator];
    if (!isObject(lines) || Object.keys(lines).some((other) => other.toLowerCase() === key.toLowerCase()))
      return false;
    lines[key] = value;
    return true;
  };

/** Moves a line of a condition, named by the pointer to its key, under another operator. */
export const moveCondition =
  (pointer: string, operator: string): Correction =>
  (document) => {
    const steps = stepsOf(pointer);
    const [key, , condition] = [steps.at(-1)!, steps.at(-2), steps.at(-3)];
    if (condition !== 'Condition') return false;
    const value = valueAt(document, pointer);
    const statement = pointerOf(steps.slice(0, -3));
    // Alone under its operator, it stays where it is among the others.
    const block = valueAt(document, pointerOf(steps.slice(0, -1)));
    if (
      isObject(block) &&
      Object.keys(block).length === 1 &&
      renameKey(pointerOf(steps.slice(0, -1)), operator)(document)
    )
      return true;
    return addCondition(statement, operator, key, value)(document) && removeValue(pointer)(document);
  };

interface Spot {
  parent: JsonObject;
  key: string;
}

/** Where a pointer leads; null when its parent is not there, or for the document itself. */
function find(document: JsonObject, pointer: string): Spot | null {
  const steps = stepsOf(pointer);
  const key = steps.pop();
  if (key === undefined) return null;
  const parent = valueAt(document, pointerOf(steps));
  return typeof parent === 'object' && parent !== null ? { parent: parent as JsonObject, key } : null;
}

export function valueAt(document: unknown, pointer: string): unknown {
  let value = document;
  for (const step of stepsOf(pointer)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as JsonObject)[step];
  }
  return value;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const stepsOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

export const pointerOf = (steps: readonly string[]): string =>
  steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
