// What the API's types look like: fields, how lists and maps merge, allowed values. The data is condensed
// from the OpenAPI document of Kubernetes 1.35 (Apache-2.0) by scripts/kubernetes-schema.ts.
import data from './kubernetes.json' with { type: 'json' };

/** A scalar's name, a type's name, or the shape of a list, map or enumeration. */
export type Shape =
  | string
  | { list: 'atomic' | 'set' | 'map'; of: Shape; keys?: string[]; merge?: string }
  | { map: Shape; atomic?: boolean }
  | { enum: string[] };

export interface TypeShape {
  /** Owned and replaced as a whole, such as a label selector. */
  atomic?: boolean;
  required?: string[];
  fields: Record<string, Shape>;
}

const { kinds, types } = data as unknown as {
  kinds: Record<string, string>;
  types: Record<string, TypeShape>;
};

/** Of a kind such as `apps/v1`, `DaemonSet`; `any` for one that is not known. */
export const shapeOfKind = (apiVersion: string, kind: string): Shape =>
  kinds[`${apiVersion}/${kind}`] ?? 'any';

/** Null for scalars and for lists, maps and enumerations. */
export const typeShape = (shape: Shape): TypeShape | null =>
  typeof shape === 'string' ? (types[shape] ?? null) : null;

export type ListShape = Extract<Shape, { list: string }>;

export const listShape = (shape: Shape): ListShape | null =>
  typeof shape === 'object' && 'list' in shape ? shape : null;

/** The shape of one field of an object of this shape; `any` when it has no such field. */
export function fieldShape(shape: Shape, field: string): Shape {
  if (typeof shape === 'object' && 'map' in shape) return shape.map;
  return typeShape(shape)?.fields[field] ?? 'any';
}

export const isAtomic = (shape: Shape): boolean => {
  if (typeof shape === 'string') return typeShape(shape)?.atomic === true;
  return ('list' in shape && shape.list === 'atomic') || ('map' in shape && shape.atomic === true);
};

// Ports are told apart by number and protocol, and a protocol left out means TCP.
const keyDefaults: Record<string, string> = { protocol: 'TCP' };

/** What tells an element of a keyed list from the others, such as `{name: 'proxy'}`. */
export function keyOf(element: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  const key: Record<string, unknown> = {};
  for (const name of keys) {
    const value = element[name] ?? keyDefaults[name];
    if (value !== undefined) key[name] = value;
  }
  return key;
}
