// Says what was probably meant; never runs the guess.
import type { Hook, Interfaces } from '@oclif/core';
import { nearestName } from '../model/nearest.ts';
import { type Problem, usageProblem } from '../model/problem.ts';
import { calledAs } from './name.ts';

const hook: Hook.CommandNotFound = async ({ id, config }) => {
  throw noCommand(id.replaceAll(':', ' '), config);
};

export default hook;

/** @param words as typed, with spaces between */
export function noCommand(words: string, config: Interfaces.Config): Problem {
  const known = [...config.commandIDs, ...config.topics.map(({ name }) => name)];
  const isFlag = words.startsWith('-');
  const guess = isFlag ? null : nearestName(words, [...new Set(known)].map(spaced));
  const asksVersion = VERSION_WORDS.includes(words.toLowerCase());
  return usageProblem({
    code: 'NO_COMMAND',
    what: `there is no ${isFlag ? `flag ${words}` : `command "${words}"`}${guess ? `; did you mean "${guess}"?` : ''}`,
    next: [calledAs(process.env, config.bin), guess, asksVersion ? '--version' : '--help']
      .filter(Boolean)
      .join(' '),
  });
}

const VERSION_WORDS = ['version', '-v', '-version'];

const spaced = (id: string): string => id.replaceAll(':', ' ');
