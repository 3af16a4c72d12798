// What the wizard says: what it found, what it will write, and what to do next.
import type { Answers } from '../wizard/answers.ts';
import type { Detected } from '../wizard/detected.ts';
import type { Plan } from '../wizard/plan.ts';
import type { FileChange } from './init-files.ts';
import { table } from './table.ts';

/** The wizard's result as JSON. */
export interface InitResult {
  folder: string;
  files: FileChange[];
  answers: Answers;
  roles: Plan['roles'];
  notes: string[];
  /** Commands to type, in order. */
  next: string[];
  written: boolean;
}

/** Lines for people, before anything is written. */
export function planInWords(
  folder: string,
  detected: Detected,
  answers: Answers,
  plan: Plan,
  changes: readonly FileChange[],
): string[] {
  const found: [string, string][] = [];
  if (detected.cluster !== null) {
    found.push(['cluster', `${detected.cluster}, ${detected.isEks ? 'EKS' : 'not EKS'}`]);
    found.push(['there already', detected.modes.join(', ') || 'nothing that gives pods roles']);
  }
  const rows = Object.values(answers).map(({ name, values, origin }) => [name, values.join(', '), origin]);
  return [
    ...found.map(([what, text]) => `${what}: ${text}`),
    ...detected.notes.map((note) => `Note: ${note}`),
    '',
    ...table(['answer', 'value', 'origin'], rows),
    '',
    ...table(
      ['file', 'action'],
      changes.map(({ name, action }) => [`${folder}/${name}`, action]),
    ),
    ...plan.notes.map((note) => `Note: ${note}`),
  ];
}

/** Commands to type, in order. */
export function nextCommands(folder: string, answers: Answers, plan: Plan): string[] {
  const nodeRoles = answers['node-role']?.values ?? [];
  const policy = quote(`file://${folder}/policies/node-role.json`);
  return [
    ...[...new Set(nodeRoles.map(roleName))].map(
      (name) =>
        `aws iam put-role-policy --role-name ${quote(name)} --policy-name pod-iam --policy-document ${policy}`,
    ),
    ...plan.roles.map(({ arn, externalId }) => {
      const words = nodeRoles.flatMap((node) => ['--node-role', node]);
      if (externalId !== null) words.push('--external-id', externalId);
      return ['pod-iam trust-policy apply --role', ...[arn, ...words].map(quote)].join(' ');
    }),
    `pod-iam install --config ${quote(`${folder}/pod-iam.yaml`)}`,
  ];
}

const roleName = (arn: string): string =>
  /:assumed-role\/([^/]+)\//.exec(arn)?.[1] ?? arn.slice(arn.lastIndexOf('/') + 1);

const quote = (word: string): string =>
  /^[\w./:@=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
