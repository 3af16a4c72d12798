// Where an object departs from its type: values of a wrong type, fields that the type does not have.
// Each place can be written in the three ways in which the API words it.
import { stepOf, stepText } from '../apply/field-set.ts';
import { isRecord } from '../object.ts';
import { fieldShape, listShape, type Shape, typeShape } from '../schema/schema.ts';

export interface Place {
  /** As in `strict decoding error: unknown field "spec.containers[0].imagee"`. */
  path: string;
  /** As in server-side apply: `.spec.containers[name="proxy"].imagee`. */
  applyPath: string;
  /** As Go's JSON decoder says it: `Container.spec.containers.image`. */
  goField: string;
}

export interface WrongValue extends Place {
  value: unknown;
  /** A scalar's name, `array` or `object`. */
  wanted: string;
}

export interface ShapeFaults {
  wrong: WrongValue[];
  unknown: Place[];
}

export function faultsOf(value: unknown, shape: Shape): ShapeFaults {
  const faults: ShapeFaults = { wrong: [], unknown: [] };
  visit(value, shape, { path: '', applyPath: '', goPath: '', owner: '' }, faults);
  return faults;
}

/** The value as the API stores it: without nulls, empty maps and empty lists; undefined when that is all. */
export function normalised(value: unknown, shape: Shape): unknown {
  if (shape === 'any') return value;
  const list = listShape(shape);
  if (list && Array.isArray(value)) {
    // An element that is null means an empty one.
    const empty = typeShape(list.of) ? {} : '';
    return value.length === 0 ? undefined : value.map((each) => normalised(each, list.of) ?? empty);
  }
  if (!isRecord(value)) return value ?? undefined;
  const parts = Object.entries(value)
    .map(([field, part]) => [field, normalised(part, fieldShape(shape, field))] as const)
    .filter(([, part]) => part !== undefined);
  return parts.length === 0 && typeShape(shape) === null ? undefined : Object.fromEntries(parts);
}

/** The value without the fields that its type does not have. */
export function withoutUnknown(value: unknown, shape: Shape): unknown {
  const list = listShape(shape);
  if (list && Array.isArray(value)) return value.map((element) => withoutUnknown(element, list.of));
  if (!isRecord(value) || shape === 'any') return value;
  const type = typeShape(shape);
  const known = Object.entries(value).filter(([field]) => !type || field in type.fields);
  return Object.fromEntries(
    known.map(([field, part]) => [field, withoutUnknown(part, fieldShape(shape, field))]),
  );
}

interface At {
  path: string;
  applyPath: string;
  goPath: string;
  /** The innermost type with fields. */
  owner: string;
}

function visit(value: unknown, shape: Shape, at: At, faults: ShapeFaults): void {
  if (value === null || value === undefined || shape === 'any') return;
  const list = listShape(shape);
  const type = typeShape(shape);
  const isMap = typeof shape === 'object' && 'map' in shape;
  const wanted = list ? 'array' : type || isMap ? 'object' : typeof shape === 'string' ? shape : 'string';
  if (!isOfKind(value, wanted)) {
    faults.wrong.push({ ...placeOf(at), value, wanted });
  } else if (list) {
    (value as unknown[]).forEach((element, index) => {
      const step = stepText(list.list === 'atomic' ? `i:${index}` : stepOf(element, shape));
      const inside = { ...at, path: `${at.path}[${index}]`, applyPath: at.applyPath + step };
      visit(element, list.of, inside, faults);
    });
  } else if (type || isMap) {
    for (const [field, part] of Object.entries(value as Record<string, unknown>)) {
      const inside: At = {
        path: at.path === '' ? field : `${at.path}.${field}`,
        applyPath: `${at.applyPath}.${field}`,
        // A map's keys are no fields, so the decoder does not name them.
        goPath: type ? `${at.goPath}.${field}` : at.goPath,
        owner: type ? (shape as string) : at.owner,
      };
      if (type && !(field in type.fields)) faults.unknown.push(placeOf(inside));
      else visit(part, fieldShape(shape, field), inside, faults);
    }
  }
}

const placeOf = ({ path, applyPath, goPath, owner }: At): Place => ({
  path,
  applyPath,
  goField: owner + goPath,
});

function isOfKind(value: unknown, wanted: string): boolean {
  switch (wanted) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isRecord(value);
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'quantity':
    case 'intOrString':
      return typeof value === 'string' || typeof value === 'number';
    default:
      return typeof value === 'string';
  }
}
