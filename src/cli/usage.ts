// What oclif says of wrong words, as one sentence with the right word in it.
import { Errors } from '@oclif/core';
import { nearestName } from '../model/nearest.ts';
import { peerFlagHint } from '../model/peer-flags.ts';
import { type Problem, usageProblem } from '../model/problem.ts';

/** A usage Problem for an error of oclif's parser; null for any other error. */
export function usageOf(
  error: unknown,
  bin: string,
  id: string | undefined,
  flags: readonly string[] = [],
): Problem | null {
  if (!(error instanceof Errors.CLIError)) return null;
  return usageProblem({
    code: 'USAGE',
    what: sentence(error, flags),
    next: [bin, ...(id ?? '').split(':'), '--help'].filter(Boolean).join(' '),
    cause: error,
  });
}

/** The fields of oclif's parse errors that are read here; its classes are not exported. */
interface ParseError {
  flags?: string[];
  args?: unknown[];
}

function sentence(error: Error, known: readonly string[]): string {
  const { flags, args } = error as ParseError;
  if (error.message.startsWith('Nonexistent flag') && flags) return unknownFlags(flags, known);
  if (error.message.startsWith('Unexpected argument') && args)
    return `there is no use for the argument "${args.join(' ')}"`;
  if (/^Missing \d+ required arg/.test(error.message)) return `missing argument ${argNames(args ?? [])}`;
  const lines = error.message
    .replace(/\x1b\[[0-9;]*m/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== 'See more help with --help');
  const flag = /^Parsing (--\S+)$/.exec(lines[0] ?? '');
  if (flag) return `${flag[1]}: ${lines.slice(1).map(lowerFirst).join('; ')}`;
  const reasons = /^The following errors? occurred:$/.test(lines[0] ?? '') ? lines.slice(1) : lines;
  return reasons.map(lowerFirst).join('; ');
}

function unknownFlags(given: readonly string[], known: readonly string[]): string {
  const advised = given.map((word) => {
    const flag = word.split('=')[0]!;
    const advice = flag.startsWith('--') ? adviceFor(flag.slice(2), known) : null;
    return advice === null ? flag : `${flag}; ${advice}`;
  });
  return `there is no flag ${advised.join(', ')}`;
}

function adviceFor(name: string, known: readonly string[]): string | null {
  // Only a command that hands flags on to the daemon is given those of the daemon's peers.
  const hint = known.includes('app-port') ? peerFlagHint(name) : null;
  if (hint !== null) return hint;
  const longer = known.filter((flag) => flag.startsWith(name));
  const guess = nearestName(name, known) ?? (longer.length === 1 ? longer[0] : null);
  return guess == null ? null : `did you mean --${guess}?`;
}

const argNames = (args: readonly unknown[]): string =>
  args.map((arg) => (arg as { name: string }).name.toUpperCase()).join(', ');

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
