// Sets of fields, as managedFields keeps them for each manager: a tree whose members are fields that
// somebody owns. Read from and printed to the FieldsV1 format.
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
import { isRecord, type JsonObject } from '../object.ts';
import { fieldShape, isAtomic, keyOf, listShape, type Shape } from '../schema/schema.ts';

/** `f:name` a field, `k:{…}` the element of a keyed list, `v:…` the element of a set. */
export interface FieldSet {
  isMember: boolean;
  children: Map<string, FieldSet>;
}

export const emptySet = (isMember = false): FieldSet => ({ isMember, children: new Map() });

export const isEmpty = (set: FieldSet): boolean =>
  !set.isMember && [...set.children.values()].every((child) => isEmpty(child));

/** The fields that a value sets: what an applied configuration owns. */
export function fieldsOf(value: unknown, shape: Shape): FieldSet {
  const set = emptySet();
  if (isAtomic(shape)) return emptySet(true);
  if (isRecord(value)) {
    for (const [field, part] of Object.entries(value)) {
      set.children.set(`f:${field}`, fieldsOf(part, fieldShape(shape, field)));
    }
  } else if (Array.isArray(value)) {
    for (const [step, element, elementShape] of elementsOf(value, shape)) {
      set.children.set(step, { ...fieldsOf(element, elementShape), isMember: true });
    }
  }
  if (set.children.size === 0) set.isMember = true;
  return set;
}

/** The elements of a list that merges by element, each with its step such as `k:{"name":"proxy"}`. */
export function elementsOf(list: unknown[], shape: Shape): [step: string, element: unknown, shape: Shape][] {
  const known = listShape(shape);
  if (!known || known.list === 'atomic') return [];
  return list.map((element) => [stepOf(element, shape), element, known.list === 'set' ? 'string' : known.of]);
}

export function stepOf(element: unknown, shape: Shape): string {
  const known = listShape(shape);
  if (known?.list === 'map' && isRecord(element)) {
    return `k:${JSON.stringify(keyOf(element, [...(known.keys ?? [])].sort()))}`;
  }
  return `v:${JSON.stringify(element)}`;
}

export function union(a: FieldSet, b: FieldSet): FieldSet {
  const children = new Map(a.children);
  for (const [step, child] of b.children) {
    const other = children.get(step);
    children.set(step, other ? union(other, child) : child);
  }
  return { isMember: a.isMember || b.isMember, children };
}

export const intersection = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, (inA, inB) => inA && inB);

export const difference = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, (inA, inB) => inA && !inB);

function combine(a: FieldSet, b: FieldSet, keep: (inA: boolean, inB: boolean) => boolean): FieldSet {
  const children = new Map<string, FieldSet>();
  for (const [step, child] of a.children) {
    const kept = combine(child, b.children.get(step) ?? emptySet(), keep);
    if (!isEmpty(kept)) children.set(step, kept);
  }
  return { isMember: keep(a.isMember, b.isMember), children };
}

/** Each member as the API words it: `.spec.template.spec.containers[name="proxy"].image`. */
export function pathsOf(set: FieldSet, prefix = ''): string[] {
  const own = set.isMember && prefix !== '' ? [prefix] : [];
  return [...own, ...[...set.children].flatMap(([step, child]) => pathsOf(child, prefix + stepText(step)))];
}

/** A step in a path: `.name`, `[name="proxy"]`, `[="value"]`, `[0]`. */
export function stepText(step: string): string {
  if (step.startsWith('i:')) return `[${step.slice(2)}]`;
  if (step.startsWith('f:')) return `.${step.slice(2)}`;
  if (step.startsWith('v:')) return `[=${step.slice(2)}]`;
  const key = JSON.parse(step.slice(2)) as Record<string, unknown>;
  return `[${Object.entries(key)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',')}]`;
}

export function parseFields(fields: unknown): FieldSet {
  const set = emptySet();
  for (const [step, child] of Object.entries(isRecord(fields) ? fields : {})) {
    if (step === '.') set.isMember = true;
    else
      set.children.set(
        step,
        isRecord(child) && Object.keys(child).length > 0 ? parseFields(child) : emptySet(true),
      );
  }
  return set;
}

export function printFields(set: FieldSet): JsonObject {
  const printed: JsonObject = {};
  if (set.isMember && set.children.size > 0) printed['.'] = {};
  for (const [step, child] of [...set.children].sort(([a], [b]) => (a < b ? -1 : 1))) {
    printed[step] = printFields(child);
  }
  return printed;
}
