// From what was detected and what was given: which answers stand, and which questions are left.
import { normaliseBaseArn, resolveRole } from '../model/arn.ts';
import { type Problem, usageProblem } from '../model/problem.ts';
import type { Detected } from './detected.ts';

export type AnswerName = 'role' | 'base-role-arn' | 'node-role' | 'region';

export interface Answer {
  name: AnswerName;
  values: string[];
  /** `flag`, `config`, `environment`, `answered`, or `detected: …` with where. */
  origin: string;
}

export interface Question {
  name: AnswerName;
  text: string;
  /** Several values, divided by commas. */
  isList: boolean;
  /** What is wrong with an answer; null when nothing is. */
  fault(values: readonly string[]): string | null;
}

export type Answers = Readonly<Partial<Record<AnswerName, Answer>>>;

/** Values that were given come first, then what was detected. Throws a usage Problem for one that cannot be. */
export function settle(detected: Detected, given: readonly Answer[]): Answers {
  const answers: Partial<Record<AnswerName, Answer>> = {};
  for (const answer of [...detectedAnswers(detected), ...given])
    if (answer.values.length > 0) answers[answer.name] = answer;
  for (const { name, values } of given) {
    const fault = questions[name]?.fault(values);
    if (fault) throw badAnswer(name, values, fault);
  }
  return answers;
}

const badAnswer = (name: string, values: readonly string[], fault: string): Problem =>
  usageProblem({
    code: 'USAGE',
    what: `--${name} ${values.join(', ')} cannot be: ${fault}`,
    next: `give another --${name}, or leave it out to be asked`,
  });

function detectedAnswers({ baseRoleArn, nodeRoles, region, roles, peerFlags }: Detected): Answer[] {
  const of = (name: AnswerName, values: string[], from: string): Answer => ({
    name,
    values,
    origin: `detected: ${from}`,
  });
  const workloads = roles.reduce((sum, role) => sum + role.workloads.length, 0);
  const peerBase = peerFlags?.value['base-role-arn'];
  return [
    of(
      'role',
      roles.map(({ value }) => value),
      `${workloads} annotated workload${workloads === 1 ? '' : 's'}`,
    ),
    of('base-role-arn', baseRoleArn ? [baseRoleArn.value] : [], baseRoleArn?.from ?? ''),
    of('base-role-arn', typeof peerBase === 'string' ? [peerBase] : [], peerFlags?.from ?? ''),
    of('node-role', nodeRoles?.value ?? [], nodeRoles?.from ?? ''),
    of('region', region ? [region.value] : [], region?.from ?? ''),
  ];
}

/** The questions that are left, in the order in which to ask: an answer may raise or settle the next. */
export function openQuestions(answers: Answers): Question[] {
  const open: Question[] = [];
  if (!answers.role) open.push(questions.role);
  if (!answers['base-role-arn'] && (answers.role?.values ?? ['']).some((role) => !role.startsWith('arn:')))
    open.push(questions['base-role-arn']);
  if (!answers['node-role']) open.push(questions['node-role']);
  return open;
}

const questions: Record<Exclude<AnswerName, 'region'>, Question> & Partial<Record<AnswerName, Question>> = {
  role: {
    name: 'role',
    text: 'Which roles shall pods be able to have? Names, path/names or ARNs, divided by commas',
    isList: true,
    fault: (values) => values.map(roleFault).find((fault) => fault !== null) ?? null,
  },
  'base-role-arn': {
    name: 'base-role-arn',
    text: 'What stands before a bare role name? Such as arn:aws:iam::111122223333:role/',
    isList: false,
    fault: ([base = '']) => (normaliseBaseArn(base) === null ? `"${base}" is no base of role ARNs` : null),
  },
  'node-role': {
    name: 'node-role',
    text: 'Which role do the nodes carry? Its ARN; several divided by commas',
    isList: true,
    fault: (values) =>
      values
        .map((value) =>
          /^arn:[^:]+:(?:iam|sts)::\d{12}:(?:role|user|assumed-role)\/./.test(value)
            ? null
            : `"${value}" is no ARN of a role`,
        )
        .find(Boolean) ?? null,
  },
};

function roleFault(value: string): string | null {
  const resolved = resolveRole(value, 'arn:aws:iam::000000000000:role/');
  return resolved.ok ? null : `"${value}" names no role: ${resolved.why}`;
}

/** What was typed in answer to a question. */
export function readAnswer({ name, isList }: Question, text: string): Answer {
  const values = (isList ? text.split(',') : [text])
    .map((value) => value.trim())
    .filter((value) => value !== '');
  return { name, values, origin: 'answered' };
}
