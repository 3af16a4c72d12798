// The condition operators of IAM and how their names are put together.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
import { nearestName } from '../nearest.ts';
import type { Operator } from './types.ts';

export type OperatorFamily = 'string' | 'numeric' | 'date' | 'bool' | 'binary' | 'ip' | 'arn' | 'null';

export const OPERATORS: Readonly<Record<string, OperatorFamily>> = {
  StringEquals: 'string',
  StringNotEquals: 'string',
  StringEqualsIgnoreCase: 'string',
  StringNotEqualsIgnoreCase: 'string',
  StringLike: 'string',
  StringNotLike: 'string',
  NumericEquals: 'numeric',
  NumericNotEquals: 'numeric',
  NumericLessThan: 'numeric',
  NumericLessThanEquals: 'numeric',
  NumericGreaterThan: 'numeric',
  NumericGreaterThanEquals: 'numeric',
  DateEquals: 'date',
  DateNotEquals: 'date',
  DateLessThan: 'date',
  DateLessThanEquals: 'date',
  DateGreaterThan: 'date',
  DateGreaterThanEquals: 'date',
  Bool: 'bool',
  BinaryEquals: 'binary',
  IpAddress: 'ip',
  NotIpAddress: 'ip',
  ArnEquals: 'arn',
  ArnLike: 'arn',
  ArnNotEquals: 'arn',
  ArnNotLike: 'arn',
  Null: 'null',
};

/** True for operators that hold when the key is absent, and when no value matches. */
export const isNegated = (operator: Operator): boolean => /Not/.test(operator.name);

export type OperatorReading = { ok: true; operator: Operator } | { ok: false; hint: string | null };

/** Reads `ForAnyValue:StringLikeIfExists`; the hint is the operator that was probably meant. */
export function readOperator(text: string): OperatorReading {
  const match = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(text);
  const [, set, name = '', ifExists] = match ?? [];
  if (match && Object.hasOwn(OPERATORS, name) && !(name === 'Null' && ifExists)) {
    return {
      ok: true,
      operator: {
        name,
        set: (set as Operator['set'] | undefined) ?? null,
        ifExists: ifExists !== undefined,
      },
    };
  }
  return { ok: false, hint: suggestion(text) };
}

function suggestion(text: string): string | null {
  const cut = text.lastIndexOf(':') + 1;
  const near = nearestName(text.slice(cut).replace(/IfExists$/i, ''), Object.keys(OPERATORS));
  if (near === null) return null;
  const set = cut === 0 ? '' : /all/i.test(text.slice(0, cut)) ? 'ForAllValues:' : 'ForAnyValue:';
  return set + near + (/IfExists$/i.test(text) && near !== 'Null' ? 'IfExists' : '');
}
