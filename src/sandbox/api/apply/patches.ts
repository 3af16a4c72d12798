// The three kinds of patch that carry changes rather than a configuration: merge, JSON and strategic.
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/patch/
import { isDeepStrictEqual } from 'node:util';
import { copy, isRecord } from '../object.ts';
import { fieldShape, listShape, type Shape } from '../schema/schema.ts';
import { ApiError } from '../status.ts';

/** RFC 7386: null removes, objects merge, anything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field];
    else merged[field] = mergePatch(merged[field], value);
  }
  return merged;
}

/** As a merge patch, but lists with a merge key merge by element, and `$patch` directives are followed. */
export function strategicPatch(target: unknown, patch: unknown, shape: Shape): unknown {
  if (!isRecord(patch)) return patch;
  if (patch['$patch'] === 'replace') return withoutDirectives(patch);
  if (patch['$patch'] === 'delete') return undefined;
  const merged: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  const retained = patch['$retainKeys'];
  if (Array.isArray(retained)) {
    for (const field of Object.keys(merged)) if (!retained.includes(field)) delete merged[field];
  }
  for (const [field, value] of Object.entries(patch)) {
    if (field.startsWith('$deleteFromPrimitiveList/')) {
      const list = field.slice('$deleteFromPrimitiveList/'.length);
      merged[list] = asList(merged[list]).filter((element) => !asList(value).includes(element));
    } else if (field.startsWith('$')) {
    } else if (value === null) {
      delete merged[field];
    } else {
      merged[field] = strategicValue(merged[field], value, fieldShape(shape, field));
    }
  }
  return merged;
}

function strategicValue(current: unknown, value: unknown, shape: Shape): unknown {
  const list = listShape(shape);
  if (!Array.isArray(value) || list?.merge === undefined) return strategicPatch(current, value, shape);
  if (list.merge === '') return [...new Set([...asList(current), ...value])];
  if (value.some((element) => isRecord(element) && element['$patch'] === 'replace')) {
    return value.filter((element) => !(isRecord(element) && '$patch' in element));
  }
  const merged = [...asList(current)];
  for (const element of value) {
    if (!isRecord(element)) continue;
    const at = merged.findIndex((each) => isRecord(each) && each[list.merge!] === element[list.merge!]);
    if (element['$patch'] === 'delete') {
      if (at >= 0) merged.splice(at, 1);
    } else if (at >= 0) {
      merged[at] = strategicPatch(merged[at], element, list.of);
    } else {
      merged.push(withoutDirectives(element));
    }
  }
  return merged;
}

const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const withoutDirectives = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([field]) => !field.startsWith('$')));

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

/** RFC 6902; as in the API, a replacement of what is not there adds it. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  const root = { value: copy(target) };
  for (const operation of patch as Operation[]) {
    const { path, from } = operation ?? {};
    if (typeof path !== 'string' || !['string', 'undefined'].includes(typeof from)) throw inapplicable();
    run(root, operation);
  }
  return root.value;
}

function run(root: { value: unknown }, { op, path, from, value }: Operation): void {
  const place = locate(root, path);
  switch (op) {
    case 'add':
      put(place, copy(value));
      return;
    case 'replace':
      if (read(place) !== undefined) take(place);
      put(place, copy(value));
      return;
    case 'remove':
      take(place);
      return;
    case 'move':
      put(place, take(locate(root, from ?? '')));
      return;
    case 'copy':
      put(place, copy(read(locate(root, from ?? ''))));
      return;
    case 'test':
      if (!isDeepStrictEqual(read(place) ?? null, value ?? null)) {
        throw inapplicable();
      }
      return;
    default:
      throw inapplicable();
  }
}

interface Place {
  parent: Record<string, unknown> | unknown[];
  field: string;
}

function locate(root: { value: unknown }, path: string): Place {
  const steps = path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  let place: Place = { parent: root, field: 'value' };
  for (const field of steps) {
    const parent = read(place);
    if (!isRecord(parent) && !Array.isArray(parent)) throw inapplicable();
    place = { parent, field };
  }
  return place;
}

const read = ({ parent, field }: Place): unknown =>
  Array.isArray(parent) ? parent[Number(field)] : parent[field];

function put({ parent, field }: Place, value: unknown): void {
  if (Array.isArray(parent)) parent.splice(field === '-' ? parent.length : Number(field), 0, value);
  else parent[field] = value;
}

function take(place: Place): unknown {
  const { parent, field } = place;
  const value = read(place);
  if (value === undefined) throw inapplicable();
  if (Array.isArray(parent)) parent.splice(Number(field), 1);
  else delete parent[field];
  return value;
}

const inapplicable = (): ApiError =>
  new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {});
