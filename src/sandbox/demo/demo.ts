// Tells the story step by step: what happens and why, the command, its own output, and what it proves.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../model/finding.ts';
import { Problem } from '../../model/problem.ts';
import { quoteWord } from '../hints.ts';
import type { World } from '../world.ts';
import { runChild } from './child.ts';
import { StoryFault } from './facts.ts';
import { cast, type Step, story } from './story.ts';

export interface DemoOptions {
  world: World;
  /** How the commands are started: program and first words. */
  program: readonly string[];
  /** The PATH that they are to have. */
  path: string;
  hasColour: boolean;
  signal: AbortSignal;
  print(line: string): void;
}

/** @throws Problem when a step ends otherwise than the story says; the signal's reason on an interrupt */
export async function runDemo({
  world,
  program,
  path,
  hasColour,
  signal,
  print,
}: DemoOptions): Promise<void> {
  const style = hasColour ? COLOURED : PLAIN;
  const workingDirectory = join(world.folder, 'demo');
  mkdirSync(workingDirectory, { recursive: true });
  print(style.title('The main job of pod-iam, in a sandbox on this machine'));
  print('Everything below is emulated but pod-iam itself: each command is run as it stands, as a process');
  print('of its own, led here by nothing but KUBECONFIG and the variables of the AWS SDK.');
  print('');
  for (const line of cast(world)) print(`  ${line}`);

  const proven: string[] = [];
  const steps = story(world);
  for (const [index, step] of steps.entries()) {
    signal.throwIfAborted();
    print('');
    print(style.title(`${index + 1}/${steps.length}  ${step.title}`));
    for (const line of step.why) print(`     ${line}`);
    print('');
    print(style.command(`  $ pod-iam ${step.words.map(quoteWord).join(' ')}`));
    const line = (text: string): void => {
      if (!signal.aborted) print(`  ${style.bar} ${text}`.trimEnd());
    };
    const exitCode = await runChild({
      program,
      path,
      words: step.words,
      world,
      hasColour,
      workingDirectory,
      signal,
      line,
    });
    signal.throwIfAborted();
    const found = judge(step, exitCode, world, workingDirectory);
    print(style.good(`  ${style.tick} exit code ${exitCode}, as expected`));
    for (const sentence of found) print(style.good(`  ${style.tick} ${sentence}`));
    proven.push(...found);
  }
  print('');
  print(style.title('What was proven'));
  for (const sentence of new Set(proven)) print(`  ${style.tick} ${sentence}`);
  print('');
  print('Next, on a cluster of your own: pod-iam init. To play with the sandbox: pod-iam sandbox.');
}

function judge(step: Step, exitCode: number, world: World, folder: string): string[] {
  const fail = (why: string): Problem =>
    new Problem('defect', {
      code: 'STORY',
      what: `the step "${step.title}" did not end as it should`,
      why,
      next: `look at its output above; the command was: pod-iam ${step.words.map(quoteWord).join(' ')}`,
    });
  if (exitCode !== step.exitCode) throw fail(`expected exit code ${step.exitCode}; found ${exitCode}`);
  try {
    const report =
      step.reportFile === null
        ? null
        : (JSON.parse(readFileSync(join(folder, step.reportFile), 'utf8')) as Report);
    return step.prove(world, report);
  } catch (error) {
    if (error instanceof StoryFault) throw fail(error.message);
    throw error;
  }
}

interface Style {
  title(text: string): string;
  command(text: string): string;
  good(text: string): string;
  bar: string;
  tick: string;
}

const same = (text: string): string => text;
const paint =
  (code: number) =>
  (text: string): string =>
    `\x1b[${code}m${text}\x1b[0m`;

const PLAIN: Style = { title: same, command: same, good: same, bar: '|', tick: 'ok:' };
const COLOURED: Style = {
  title: paint(1),
  command: paint(36),
  good: paint(32),
  bar: paint(90)('│'),
  tick: '✓',
};
