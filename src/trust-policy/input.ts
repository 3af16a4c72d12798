// Reads policy files as text, strictly: what a lenient decoder would hide must reach the check.
import { existsSync } from 'node:fs';
import { glob, readFile, stat } from 'node:fs/promises';
import type { IdentityPolicies } from '../model/evaluate.ts';
import { fileFault } from '../model/file-fault.ts';
import {
  MAX_DOCUMENT_CHARACTERS,
  type ParsedPolicy,
  type Policy,
  type PolicyKind,
  parsePolicy,
} from '../model/policy.ts';
import { usageProblem } from '../model/problem.ts';
import { quote } from '../model/shell.ts';
import { asAdvice } from './fault-advice.ts';

export interface PolicyText {
  /** The path as given, `stdin` for `-`. */
  name: string;
  text: string;
  /** Why the bytes are no text; the text is empty then. */
  fault: string | null;
  /** What to do about the fault; absent when its sentence says it. */
  hint?: string;
  /** Where the bytes stop being text; absent for the start. */
  faultAt?: { line: number; column: number };
}

/** UTF-8 takes three bytes at most for what counts as one character here; a larger file is not even read. */
const MAX_BYTES = 3 * MAX_DOCUMENT_CHARACTERS;

/**
 * The files that the words of a command line name, each once: patterns are spread where the shell did
 * not do it. Throws a usage Problem (NO_FILE) for a pattern that no file matches.
 */
export async function spreadPaths(words: readonly string[]): Promise<string[]> {
  const paths = new Set<string>();
  for (const word of words) {
    if (!/[*?[{]/.test(word) || existsSync(word)) paths.add(word);
    else {
      const found: string[] = [];
      for await (const path of glob(word)) found.push(path);
      if (found.length === 0)
        throw usageProblem({
          code: 'NO_FILE',
          what: `no file matches ${word}`,
          next: 'name the files, or mend the pattern',
        });
      for (const path of found.sort()) paths.add(path);
    }
  }
  return [...paths];
}

/**
 * Reads a file, or the stream for `-`. Throws a usage Problem (NO_FILE) for what cannot be opened.
 */
export async function readPolicyText(
  path: string,
  stdin: AsyncIterable<Uint8Array | string>,
): Promise<PolicyText> {
  const name = path === '-' ? 'stdin' : path;
  const bytes = path === '-' ? await drain(stdin) : await readBytes(path);
  if (bytes === null)
    return {
      name,
      text: '',
      fault: `the document has more than ${MAX_DOCUMENT_CHARACTERS} characters, which is all that IAM takes`,
      hint: 'check the document alone: a trust policy has a few thousand characters',
    };
  const broken = encodingFault(bytes);
  if (broken !== null) return { name, text: '', ...broken };
  return { name, text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes), fault: null };
}

/**
 * Reads a policy for a command that needs a readable one. Throws a usage Problem (BAD_POLICY) when the
 * file holds no policy at all; a policy that IAM would refuse is returned with its faults.
 */
export async function readPolicyFile(
  path: string,
  stdin: AsyncIterable<Uint8Array | string>,
  kind: PolicyKind = 'trust',
): Promise<{ name: string; text: string; parsed: ParsedPolicy & { policy: Policy } }> {
  const { name, text, fault, hint } = await readPolicyText(path, stdin);
  const parsed = parsePolicy(text, kind);
  const { policy } = parsed;
  if (fault === null && policy !== null) return { name, text, parsed: { ...parsed, policy } };
  const [first] = parsed.faults;
  const what =
    fault === null
      ? `${name}:${first?.line}:${first?.column}: ${first?.message}`
      : `${name} is no policy: ${fault}`;
  throw badPolicy(
    what,
    (fault === null ? first?.hint : hint) ?? null,
    `pod-iam trust-policy check ${quote(path)}`,
  );
}

/** `any`, `silent`, or files; none at all is silent. Throws a usage Problem (BAD_POLICY). */
export async function readIdentityPolicies(
  words: readonly string[],
  stdin: AsyncIterable<Uint8Array | string>,
): Promise<IdentityPolicies> {
  const [first] = words;
  if (first === undefined) return 'silent';
  if (words.length === 1 && (first === 'any' || first === 'silent')) return first;
  return readCallerPolicies(words, stdin);
}

const GRAMMAR =
  'mend it there: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html';

/** Policies of a caller, none of which IAM would refuse. Throws a usage Problem (BAD_POLICY). */
export async function readCallerPolicies(
  paths: readonly string[],
  stdin: AsyncIterable<Uint8Array | string>,
): Promise<Policy[]> {
  const policies: Policy[] = [];
  for (const path of paths) {
    const { parsed } = await readPolicyFile(path, stdin, 'identity');
    const [fault] = parsed.faults;
    if (fault)
      throw badPolicy(`${path}:${fault.line}:${fault.column}: ${fault.message}`, fault.hint, GRAMMAR);
    policies.push(parsed.policy);
  }
  return policies;
}

const badPolicy = (what: string, hint: string | null, otherwise: string): Error =>
  usageProblem({ code: 'BAD_POLICY', what, next: hint === null ? otherwise : asAdvice(hint) });

async function readBytes(path: string): Promise<Uint8Array | null> {
  try {
    const { size } = await stat(path);
    return size > MAX_BYTES ? null : await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usageProblem({
      code: 'NO_FILE',
      what: `cannot read ${path}: ${fileFault(error)}`,
      next:
        code === 'EISDIR'
          ? `name its files: pod-iam trust-policy check ${quote(`${path.replace(/\/$/, '')}/*.json`)}`
          : 'name a file that is there and may be read, or "-" for standard input',
      cause: error,
    });
  }
}

async function drain(stream: AsyncIterable<Uint8Array | string>): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
    size += bytes.length;
    if (size > MAX_BYTES) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function encodingFault(bytes: Uint8Array): Pick<PolicyText, 'fault' | 'hint' | 'faultAt'> | null {
  const [a, b] = bytes;
  // JSON starts with an ASCII character: a zero beside it is the other half of a UTF-16 unit.
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || a === 0 || b === 0)
    return { fault: 'it is UTF-16, as PowerShell writes it', hint: 'save it as UTF-8' };
  if (a === 0x1f && b === 0x8b) return { fault: 'it is compressed', hint: 'unpack it first' };
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return null;
  } catch {
    return firstBadByte(bytes);
  }
}

function firstBadByte(bytes: Uint8Array): Pick<PolicyText, 'fault' | 'hint' | 'faultAt'> {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  // U+FFFD stands for what could not be read, unless the file holds that character itself.
  const before = text.slice(0, Math.max(text.indexOf('\ufffd'), 0));
  const byte = bytes[new TextEncoder().encode(before).length] ?? 0;
  return {
    fault: `it is not UTF-8 text: the byte 0x${byte.toString(16).toUpperCase().padStart(2, '0')} is no character there, as in a file saved as Latin-1`,
    hint: 'save it as UTF-8',
    faultAt: { line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') },
  };
}
