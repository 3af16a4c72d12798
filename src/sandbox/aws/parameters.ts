// Reads the form parameters of AWS's query protocol, and refuses bad ones in AWS's words.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
import { validationError } from './errors.ts';

export interface Shape {
  min?: number;
  max?: number;
  /** As AWS prints it; matched against the whole value. */
  pattern?: string;
}

export class Parameters {
  readonly form: URLSearchParams;

  constructor(form: URLSearchParams) {
    this.form = form;
  }

  optional(name: string, shape: Shape = {}): string | null {
    const value = this.form.get(name);
    if (value !== null) checkText(name, value, shape);
    return value;
  }

  required(name: string, shape: Shape = {}): string {
    const value = this.optional(name, shape);
    if (value === null) throw constraint(name, 'null', 'Member must not be null');
    return value;
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const text = this.form.get(name);
    if (text === null) return fallback;
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isNaN(value)) throw constraint(name, text, 'Member must be an integer');
    if (value < min) throw constraint(name, text, `Member must have value greater than or equal to ${min}`);
    if (value > max) throw constraint(name, text, `Member must have value less than or equal to ${max}`);
    return value;
  }

  /** `Tags.member.1.Key=…&Tags.member.1.Value=…` as pairs; `Keys.member.1=…` as keys with no value. */
  members(name: string): Record<string, string>[] {
    const members = new Map<number, Record<string, string>>();
    for (const [key, value] of this.form) {
      const match = /^([^.]+)\.member\.(\d+)(?:\.(\w+))?$/.exec(key);
      if (!match || match[1] !== name) continue;
      const index = Number(match[2]);
      members.set(index, { ...members.get(index), [match[3] ?? '']: value });
    }
    return [...members].sort(([a], [b]) => a - b).map(([, member]) => member);
  }
}

function checkText(
  name: string,
  value: string,
  { min = 0, max = Number.POSITIVE_INFINITY, pattern }: Shape,
): void {
  if (value.length < min)
    throw constraint(name, value, `Member must have length greater than or equal to ${min}`);
  if (value.length > max)
    throw constraint(name, value, `Member must have length less than or equal to ${max}`);
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`, 'u').test(value))
    throw constraint(name, value, `Member must satisfy regular expression pattern: ${pattern}`);
}

function constraint(name: string, value: string, rule: string) {
  const member = name[0]!.toLowerCase() + name.slice(1);
  const shown = value === 'null' ? 'null' : `'${value}'`;
  return validationError(
    `1 validation error detected: Value ${shown} at '${member}' failed to satisfy constraint: ${rule}`,
  );
}
