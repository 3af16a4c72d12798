// Says what was probably meant; never runs the guess.
import type { Hook } from '@oclif/core';
import { nearestName } from '../model/nearest.ts';
import { usageProblem } from '../model/problem.ts';
import { renderProblem } from './problems.ts';

const hook: Hook.CommandNotFound = async ({ id, config }) => {
  const words = id.replaceAll(':', ' ');
  const guess = nearestName(
    words,
    config.commandIDs.map((known) => known.replaceAll(':', ' ')),
  );
  const { text, exitCode } = renderProblem(
    usageProblem({
      code: 'NO_COMMAND',
      what: `there is no command "${words}"${guess ? `; did you mean "${guess}"?` : ''}`,
      next: `${config.bin} ${guess ? `${guess} ` : ''}--help`,
    }),
    { debug: false },
  );
  process.stderr.write(text);
  process.exitCode = exitCode;
};

export default hook;
