// Server-side apply as one pure step: the live object and a manager's configuration in, the merged
// object with its new managedFields out, or the conflicts with other managers.
// https://kubernetes.io/docs/reference/using-api/server-side-apply/
import { isDeepStrictEqual } from 'node:util';
import type { ApiObject, ManagedFieldsEntry } from '../object.ts';
import { shapeOfKind } from '../schema/schema.ts';
import { ApiError } from '../status.ts';
import { difference, emptySet, intersection, isEmpty, parseFields, pathsOf } from './field-set.ts';
import { type Change, inOrder, isEntryOf, newEntry, ownableFields, withFields } from './managers.ts';
import { compare, merge, prune, unionOf } from './merge.ts';

/** Throws the API's 409 when other managers own differing values and `force` is not set. */
export function applyConfiguration(
  live: ApiObject,
  applied: ApiObject,
  change: Change,
  force: boolean,
): ApiObject {
  const shape = shapeOfKind(live.apiVersion, live.kind);
  const entries = live.metadata.managedFields ?? [];
  const own = entries.find((entry) => isEntryOf(entry, 'Apply', change));
  const others = entries.filter((entry) => entry !== own);
  const owned = ownableFields(applied);

  const dropped = difference(own ? parseFields(own.fieldsV1) : emptySet(), owned);
  const kept = unionOf([owned, ...others.map((entry) => parseFields(entry.fieldsV1))]);
  const merged = prune(
    merge(live, withoutManagers(applied), shape),
    difference(dropped, kept),
    kept,
    shape,
  ) as ApiObject;

  const { changed, removed } = compare(live, merged, shape);
  const conflicts = others.map((entry) => ({
    entry,
    fields: intersection(parseFields(entry.fieldsV1), changed),
  }));
  if (!force) refuseConflicts(conflicts.filter(({ fields }) => !isEmpty(fields)));

  const left = conflicts.map(({ entry, fields }) =>
    withFields(entry, difference(difference(parseFields(entry.fieldsV1), fields), removed), entry.time),
  );
  const isUnchanged = own !== undefined && isDeepStrictEqual(parseFields(own.fieldsV1), owned);
  const ownAfter = isUnchanged ? own : newEntry('Apply', live.apiVersion, owned, change);
  merged.metadata = {
    ...merged.metadata,
    managedFields: inOrder([ownAfter, ...left]),
  };
  return merged;
}

function withoutManagers(object: ApiObject): ApiObject {
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function refuseConflicts(
  conflicts: { entry: ManagedFieldsEntry; fields: ReturnType<typeof emptySet> }[],
): void {
  const found = conflicts
    .flatMap(({ entry, fields }) => pathsOf(fields).map((field) => ({ with: describe(entry), field })))
    .sort((a, b) => (a.with < b.with ? -1 : a.with > b.with ? 1 : 0));
  if (found.length === 0) return;
  throw new ApiError(409, 'Conflict', conflictText(found), {
    causes: found.map((each) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${each.with}`,
      field: each.field,
    })),
  });
}

function describe(entry: ManagedFieldsEntry): string {
  const subresource = entry.subresource ? ` with subresource "${entry.subresource}"` : '';
  const using = entry.operation === 'Update' ? ` using ${entry.apiVersion}` : '';
  return `"${entry.manager}"${subresource}${using}`;
}

function conflictText(found: { with: string; field: string }[]): string {
  if (found.length === 1) {
    return `Apply failed with 1 conflict: conflict with ${found[0]!.with}: ${found[0]!.field}`;
  }
  const managers = [...new Set(found.map((each) => each.with))];
  const lines = managers.flatMap((manager) => [
    `conflicts with ${manager}:`,
    ...found.filter((each) => each.with === manager).map(({ field }) => `- ${field}`),
  ]);
  return `Apply failed with ${found.length} conflicts: ${lines.join('\n')}`;
}
