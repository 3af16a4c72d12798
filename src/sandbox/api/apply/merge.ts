// Values merged, compared and pruned by the shape of their type: what server-side apply does to an object.
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy
import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../object.ts';
import { fieldShape, isAtomic, listShape, type Shape } from '../schema/schema.ts';
import { elementsOf, emptySet, type FieldSet, fieldsOf, union } from './field-set.ts';

/** The live value with the applied one laid over it; what only the live one has stays. */
export function merge(live: unknown, applied: unknown, shape: Shape): unknown {
  if (live === undefined || live === null || isAtomic(shape)) return applied;
  if (isRecord(live) && isRecord(applied)) {
    const merged: Record<string, unknown> = { ...live };
    for (const [field, value] of Object.entries(applied)) {
      merged[field] = merge(live[field], value, fieldShape(shape, field));
    }
    return merged;
  }
  if (Array.isArray(live) && Array.isArray(applied) && listShape(shape))
    return mergeLists(live, applied, shape);
  return applied;
}

// The applied order wins; elements that only the live list has come as early as they can, before the next
// one that both have. As https://github.com/kubernetes-sigs/structured-merge-diff orders them.
function mergeLists(live: unknown[], applied: unknown[], shape: Shape): unknown[] {
  const pending = elementsOf(live, shape);
  const liveByStep = new Map(pending.map(([step, element]) => [step, element]));
  const elements = elementsOf(applied, shape);
  const appliedSteps = new Set(elements.map(([step]) => step));
  const merged: unknown[] = [];
  const takeLiveOnesBefore = (shared: string | undefined): void => {
    while (pending[0] && pending[0][0] !== shared) {
      const [step, element] = pending.shift()!;
      if (!appliedSteps.has(step)) merged.push(element);
    }
  };
  elements.forEach(([step, element, elementShape], at) => {
    takeLiveOnesBefore(elements.slice(at).find(([each]) => liveByStep.has(each))?.[0]);
    if (pending[0]?.[0] === step) pending.shift();
    merged.push(merge(liveByStep.get(step), element, elementShape));
  });
  takeLiveOnesBefore(undefined);
  return merged;
}

export interface Comparison {
  /** Fields that are new or have another value. */
  changed: FieldSet;
  removed: FieldSet;
}

export function compare(before: unknown, after: unknown, shape: Shape): Comparison {
  if (isDeepStrictEqual(before, after)) return { changed: emptySet(), removed: emptySet() };
  if (before === undefined) return { changed: allOf(after, shape), removed: emptySet() };
  if (after === undefined) return { changed: emptySet(), removed: allOf(before, shape) };
  if (!isAtomic(shape) && isRecord(before) && isRecord(after)) {
    const steps = new Set([...Object.keys(before), ...Object.keys(after)]);
    return gather(
      [...steps].map((field) => [`f:${field}`, before[field], after[field], fieldShape(shape, field)]),
    );
  }
  if (!isAtomic(shape) && Array.isArray(before) && Array.isArray(after)) {
    const olds = new Map(elementsOf(before, shape).map(([step, element]) => [step, element]));
    const news = new Map(elementsOf(after, shape).map(([step, element]) => [step, element]));
    const elementShape = listShape(shape)?.of ?? 'any';
    return gather(
      [...new Set([...olds.keys(), ...news.keys()])].map((step) => [
        step,
        olds.get(step),
        news.get(step),
        elementShape,
      ]),
    );
  }
  return { changed: emptySet(true), removed: emptySet() };
}

function gather(parts: [step: string, before: unknown, after: unknown, shape: Shape][]): Comparison {
  const changed = emptySet();
  const removed = emptySet();
  for (const [step, before, after, shape] of parts) {
    const part = compare(before, after, shape);
    if (hasAny(part.changed)) changed.children.set(step, part.changed);
    if (hasAny(part.removed)) removed.children.set(step, part.removed);
  }
  return { changed, removed };
}

const hasAny = (set: FieldSet): boolean => set.isMember || set.children.size > 0;

// A field that appears or goes counts with everything in it and itself.
const allOf = (value: unknown, shape: Shape): FieldSet => ({ ...fieldsOf(value, shape), isMember: true });

/**
 * The value without the given fields; undefined when nothing is left of it. A field that holds something
 * of `keep` stays, without the parts that nobody keeps.
 */
export function prune(value: unknown, remove: FieldSet, keep: FieldSet, shape: Shape): unknown {
  if (isRecord(value)) {
    const kept: Record<string, unknown> = {};
    for (const [field, part] of Object.entries(value)) {
      const left = prunePart(part, `f:${field}`, remove, keep, fieldShape(shape, field));
      if (left !== undefined) kept[field] = left;
    }
    return Object.keys(kept).length === 0 && Object.keys(value).length > 0 ? undefined : kept;
  }
  if (Array.isArray(value)) {
    const kept = elementsOf(value, shape)
      .map(([step, element, elementShape]) => prunePart(element, step, remove, keep, elementShape))
      .filter((element) => element !== undefined);
    return kept.length === 0 ? undefined : kept;
  }
  return value;
}

function prunePart(part: unknown, step: string, remove: FieldSet, keep: FieldSet, shape: Shape): unknown {
  const gone = remove.children.get(step);
  if (!gone) return part;
  const kept = keep.children.get(step);
  if (gone.isMember && !kept) return undefined;
  return gone.children.size === 0 ? part : prune(part, gone, kept ?? emptySet(), shape);
}

export const unionOf = (sets: FieldSet[]): FieldSet => sets.reduce(union, emptySet());
