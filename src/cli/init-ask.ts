// Asks what the wizard could not find out: each question once, on the terminal, or as a usage error that
// names every flag that is missing.
import { usageProblem } from '../model/problem.ts';
import { type Answers, openQuestions, readAnswer } from '../wizard/answers.ts';
import { askText, hasTerminal } from './prompts.ts';

/** Throws a usage Problem without a terminal and with `isSilent`, when anything is left to ask. */
export async function askOpen(answers: Answers, isSilent: boolean): Promise<Answers> {
  const [question, ...others] = openQuestions(answers);
  if (!question) return answers;
  if (isSilent || !hasTerminal()) {
    const flags = [question, ...others].map(({ name }) => `--${name}`).join(', ');
    throw usageProblem({
      code: 'MISSING_ANSWER',
      what: `missing ${flags} (${isSilent ? '--yes asks nothing' : 'no terminal to ask on'})`,
      next: `give ${flags}`,
    });
  }
  const text = await askText(`${question.text}:`, {
    flagName: `--${question.name}`,
    validate: (typed) => {
      const { values } = readAnswer(question, typed);
      return values.length === 0 ? 'an answer is needed' : question.fault(values);
    },
  });
  return askOpen({ ...answers, [question.name]: readAnswer(question, text) }, isSilent);
}
