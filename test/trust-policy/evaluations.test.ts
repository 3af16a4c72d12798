// The truth table: each row is a document, a request and what AWS answers by the page that it names.
// `unknown` stands where the answer hangs on a fact that the row leaves open, `refused` for documents
// that IAM does not save.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evaluateTrust, type IdentityPolicies } from '../../src/model/evaluate.ts';
import { type Policy, parsePolicy } from '../../src/model/policy.ts';
import { readTables } from './table/names.ts';

type Json = Record<string, unknown>;

/** What a row may leave to its file's defaults. */
interface Shared {
  /** Instead of `statements`: one Allow for this principal, under the row's condition. */
  principal: Json;
  caller: string;
  action?: string;
  role: string;
  identity?: 'silent' | 'any' | Json[];
  /** The statements of the caller's permissions boundary. */
  boundary?: Json[];
  /** The statements of each policy that the caller's session was made with. */
  sessions?: Json[][];
}

interface Row extends Partial<Shared> {
  name: string;
  statements?: Json[];
  condition?: Json;
  /** Null for a document without one. */
  version?: string | null;
  callerRole?: string;
  context?: Record<string, string[]>;
  expected: 'allow' | 'deny' | 'unknown' | 'refused';
  /** A page of AWS, when it is not the file's. */
  basis?: string;
}

interface Table {
  basis: string;
  defaults?: Partial<Shared>;
  rows: Row[];
}

const tables = readTables<Table>('evaluations');

for (const [theme, { basis, defaults, rows }] of tables)
  describe(`what AWS answers: ${theme}`, () => {
    for (const row of rows)
      it(`${row.name}: ${row.expected}`, () => {
        assert.match(row.basis ?? basis, /^https:\/\/(?:docs\.)?aws\.amazon\.com\//);
        assert.equal(answer({ ...defaults, ...row }), row.expected);
      });
  });

it('the truth table has three hundred rows at least, no two the same', () => {
  const keys = tables.flatMap(([theme, { rows }]) =>
    rows.map(({ name: _, ...row }) => JSON.stringify([theme, row])),
  );
  assert.ok(keys.length >= 300);
  assert.equal(new Set(keys).size, keys.length);
});

function answer(row: Row): string {
  const parsed = parsePolicy(documentOf(row));
  if (!parsed.ok) return 'refused';
  return evaluateTrust(parsed.policy, {
    caller: row.caller!,
    callerRole: row.callerRole ?? null,
    action: row.action ?? 'sts:AssumeRole',
    role: row.role ?? null,
    context: row.context ?? {},
    identityPolicies: identityOf(row.identity ?? 'silent'),
    permissionsBoundary: row.boundary ? ownPolicy(row.boundary) : null,
    sessionPolicies: row.sessions?.map(ownPolicy) ?? null,
  }).decision;
}

function documentOf({ version, statements, principal, condition }: Row): string {
  const listed = statements ?? [{ Principal: principal, ...(condition ? { Condition: condition } : {}) }];
  return JSON.stringify({
    ...(version === null ? {} : { Version: version ?? '2012-10-17' }),
    Statement: listed.map((statement) => ({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      ...omitted(statement),
    })),
  });
}

function identityOf(identity: 'silent' | 'any' | Json[]): IdentityPolicies {
  return typeof identity === 'string' ? identity : [ownPolicy(identity)];
}

/** A policy of the caller; its statements allow the action everywhere where they say nothing else. */
function ownPolicy(statements: Json[]): Policy {
  const defaults = { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' };
  const Statement = statements.map((statement) => ({ ...defaults, ...omitted(statement) }));
  const parsed = parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement }), 'identity');
  assert.ok(parsed.ok, JSON.stringify(parsed.faults));
  return parsed.policy;
}

/** A null takes a default away. */
const omitted = (statement: Json): Json =>
  Object.fromEntries(Object.entries(statement).map(([key, value]) => [key, value ?? undefined]));
