// Says what was probably meant; never runs the guess.
import type { Hook } from '@oclif/core';
import { nearestName } from '../model/nearest.ts';
import { usageProblem } from '../model/problem.ts';
import { calledAs } from './name.ts';

const hook: Hook.CommandNotFound = async ({ id, config }) => {
  const words = id.replaceAll(':', ' ');
  const known = config.commandIDs.map((command) => command.replaceAll(':', ' '));
  const guess = nearestName(words, known);
  throw usageProblem({
    code: 'NO_COMMAND',
    what: `there is no command "${words}"${guess ? `; did you mean "${guess}"?` : ''}`,
    next: [calledAs(process.env, config.bin), guess, '--help'].filter(Boolean).join(' '),
  });
};

export default hook;
