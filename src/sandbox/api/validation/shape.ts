// Where an object departs from its type: values of a wrong type, fields that the type does not have.
import { isRecord } from '../object.ts';
import { fieldShape, listShape, type Shape, typeShape } from '../schema/schema.ts';

export interface ShapeFaults {
  wrong: { found: string; field: string; wanted: string }[];
  /** Paths such as `spec.template.spec.containers[0].imagee`. */
  unknown: string[];
}

export function faultsOf(value: unknown, shape: Shape): ShapeFaults {
  const faults: ShapeFaults = { wrong: [], unknown: [] };
  visit(value, shape, '', faults);
  return faults;
}

function visit(value: unknown, shape: Shape, path: string, faults: ShapeFaults): void {
  if (value === null || value === undefined || shape === 'any') return;
  const list = listShape(shape);
  if (list) {
    if (!Array.isArray(value)) {
      wrong(value, path, 'array', faults);
      return;
    }
    value.forEach((element, at) => {
      visit(element, list.of, `${path}[${at}]`, faults);
    });
    return;
  }
  const type = typeShape(shape);
  if (type || (typeof shape === 'object' && 'map' in shape)) {
    if (!isRecord(value)) {
      wrong(value, path, 'object', faults);
      return;
    }
    for (const [field, part] of Object.entries(value)) {
      const at = path === '' ? field : `${path}.${field}`;
      if (type && !(field in type.fields)) faults.unknown.push(at);
      else visit(part, fieldShape(shape, field), at, faults);
    }
    return;
  }
  const wanted = typeof shape === 'string' ? shape : 'string';
  if (!isScalar(value, wanted)) wrong(value, path, goTypes[wanted] ?? wanted, faults);
}

const goTypes: Record<string, string> = {
  integer: 'int32',
  boolean: 'bool',
  time: 'string',
  bytes: '[]uint8',
};

function isScalar(value: unknown, wanted: string): boolean {
  switch (wanted) {
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

function wrong(value: unknown, field: string, wanted: string, faults: ShapeFaults): void {
  const found = Array.isArray(value) ? 'array' : isRecord(value) ? 'object' : goName(value);
  faults.wrong.push({ found, field, wanted });
}

const goName = (value: unknown): string => (typeof value === 'boolean' ? 'bool' : typeof value);
