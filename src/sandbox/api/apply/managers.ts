// Who owns which field: the managedFields of an object before and after a change.
// https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
import type { ApiObject, ManagedFieldsEntry } from '../object.ts';
import { shapeOfKind } from '../schema/schema.ts';
import {
  difference,
  emptySet,
  type FieldSet,
  fieldsOf,
  isEmpty,
  parseFields,
  printFields,
  union,
} from './field-set.ts';
import { compare } from './merge.ts';

export interface Change {
  manager: string;
  subresource: string;
  time: string;
}

// Nobody owns what identifies the object or what the server alone writes.
const unowned = parseFields({
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    '.': {},
    'f:name': {},
    'f:namespace': {},
    'f:uid': {},
    'f:generation': {},
    'f:resourceVersion': {},
    'f:creationTimestamp': {},
    'f:deletionTimestamp': {},
    'f:deletionGracePeriodSeconds': {},
    'f:managedFields': {},
    'f:selfLink': {},
  },
});

/** What an object sets that can be owned. */
export const ownableFields = (object: ApiObject): FieldSet =>
  difference(withoutRoot(fieldsOf(object, shapeOfKind(object.apiVersion, object.kind))), unowned);

/** The entries after a plain create, update or patch: the manager takes over what it changed. */
export function managersAfterUpdate(
  before: ApiObject | null,
  after: ApiObject,
  change: Change,
): ManagedFieldsEntry[] {
  const { changed, removed } = before
    ? compare(before, after, shapeOfKind(after.apiVersion, after.kind))
    : { changed: ownableFields(after), removed: emptySet() };
  const gained = difference(withoutRoot(changed), unowned);
  const entries = (before?.metadata.managedFields ?? []).map((entry) => {
    const own = parseFields(entry.fieldsV1);
    if (!isEntryOf(entry, 'Update', change)) {
      return withFields(entry, difference(difference(own, gained), removed), entry.time);
    }
    const time = isEmpty(gained) ? entry.time : change.time;
    return withFields(entry, union(difference(own, removed), gained), time);
  });
  if (!isEmpty(gained) && !entries.some((entry) => isEntryOf(entry, 'Update', change))) {
    entries.push(newEntry('Update', after.apiVersion, gained, change));
  }
  return inOrder(entries);
}

/** Without those that own nothing; applied ones first, then by age and name. */
export function inOrder(entries: ManagedFieldsEntry[]): ManagedFieldsEntry[] {
  const rank = ({ operation, time, manager, subresource = '' }: ManagedFieldsEntry): string =>
    [operation, time, manager, subresource].join('\n');
  return entries
    .filter(({ fieldsV1 }) => Object.keys(fieldsV1).length > 0)
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
}

export const isEntryOf = (
  entry: ManagedFieldsEntry,
  operation: ManagedFieldsEntry['operation'],
  change: Pick<Change, 'manager' | 'subresource'>,
): boolean =>
  entry.operation === operation &&
  entry.manager === change.manager &&
  (entry.subresource ?? '') === change.subresource;

export const newEntry = (
  operation: ManagedFieldsEntry['operation'],
  apiVersion: string,
  fields: FieldSet,
  change: Change,
): ManagedFieldsEntry => ({
  manager: change.manager,
  operation,
  apiVersion,
  time: change.time,
  fieldsType: 'FieldsV1',
  fieldsV1: printFields(fields),
  ...(change.subresource ? { subresource: change.subresource } : {}),
});

export const withFields = (
  entry: ManagedFieldsEntry,
  fields: FieldSet,
  time: string,
): ManagedFieldsEntry => ({
  ...entry,
  time,
  fieldsV1: printFields(fields),
});

const withoutRoot = (set: FieldSet): FieldSet => ({ ...set, isMember: false });
