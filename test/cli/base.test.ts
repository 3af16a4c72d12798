import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Ran, type RunOptions, runCli } from '../helpers/run-cli.ts';

const run = (args: string[], options: RunOptions = {}): Promise<Ran> =>
  runCli(join(import.meta.dirname, 'fixture/run.ts'), args, options);

const folder = mkdtempSync(join(tmpdir(), 'pod-iam-cli-'));
mkdirSync(join(folder, 'deep/er'), { recursive: true });
after(() => rmSync(folder, { recursive: true }));

const withConfig = (text: string): RunOptions => {
  writeFileSync(join(folder, 'pod-iam.yaml'), text);
  return { cwd: join(folder, 'deep/er') };
};

const valuesOf = async (args: string[], options: RunOptions = {}): Promise<Record<string, unknown>> => {
  const { code, stdout, stderr } = await run(['flags', '--json', ...args], options);
  assert.deepEqual([code, stderr], [0, '']);
  const { schemaVersion, ...values } = JSON.parse(stdout);
  assert.equal(schemaVersion, 1);
  return values;
};

const usageErrors: [string[], string, string][] = [
  [['flags', '--name', 'x', '--nmae', 'y'], 'there is no flag --nmae; did you mean --name?', 'flags '],
  [['flags', '--name', 'x', '-q'], 'there is no flag -q', 'flags '],
  [['flags', '--name'], 'flag --name expects a value', 'flags '],
  [['flags'], 'missing flag --name', 'flags '],
  [['flags', '--name', 'x', '--size', 'big'], '--size: expected an integer but received: big', 'flags '],
  [['flags', '--name', 'x', '--mode', 'odd'], 'expected --mode=odd to be one of: fast, slow', 'flags '],
  [['flags', '--name', 'x', 'one', 'two'], 'there is no use for the argument "two"', 'flags '],
  [['throw'], 'missing argument WHAT', 'throw '],
  [['flgas'], 'there is no command "flgas"; did you mean "flags"?', 'flags '],
  [['flags', '--name', 'x', '--si', '3'], 'there is no flag --si; did you mean --size?', 'flags '],
  [['nothing-like-it'], 'there is no command "nothing-like-it"', ''],
];
for (const [args, message, next] of usageErrors) {
  test(`"${args.join(' ')}" is refused in one sentence`, async () => {
    const plain = await run(args);
    const help = `pod-iam ${next}--help`;
    assert.deepEqual(plain, { code: 2, stdout: '', stderr: `Error: ${message}\n  Next: ${help}\n` });
    const json = await run([...args, '--json']);
    assert.equal(json.code, 2);
    const code = message.startsWith('there is no command') ? 'NO_COMMAND' : 'USAGE';
    const error = { code, message, why: null, next: help, exitCode: 2 };
    assert.deepEqual(JSON.parse(json.stdout), { schemaVersion: 1, error });
  });
}

test('a flag in place of a command is called a flag, and who asks for the version is told how', async () => {
  for (const [words, what, next] of [
    ['--nope', 'flag --nope', '--help'],
    ['-v', 'flag -v', '--version'],
    ['version', 'command "version"', '--version'],
  ] as const)
    assert.deepEqual(await run([words]), {
      code: 2,
      stdout: '',
      stderr: `Error: there is no ${what}\n  Next: pod-iam ${next}\n`,
    });
});

test('the suggested next command is the one that kubectl users typed', async () => {
  const { stderr } = await run(['flags'], { env: { POD_IAM_CALLED_AS: 'kubectl pod-iam' } });
  assert.match(stderr, /Next: kubectl pod-iam flags --help/);
  const help = await run(['flags', '--help'], { env: { POD_IAM_CALLED_AS: 'kubectl pod-iam' } });
  assert.match(help.stdout, /USAGE\n {2}\$ kubectl pod-iam flags \[WORD\] --name <value> \[FLAGS\]\n/);
  assert.match(help.stdout, /EXAMPLES\n {2}\$ kubectl pod-iam flags --size 3\n/);
});

test('a problem is told in three lines and ends with its exit code', async () => {
  assert.deepEqual(await run(['throw', 'problem']), {
    code: 3,
    stdout: '',
    stderr: [
      'Error: pods cannot be listed in namespace apps',
      '  Why:  User "dev" cannot list resource "pods"',
      '  Next: kubectl auth can-i list pods -n apps',
      '',
    ].join('\n'),
  });
});

test('a problem as JSON is alone on stdout', async () => {
  const { code, stdout } = await run(['throw', 'problem', '--json']);
  assert.equal(code, 3);
  assert.deepEqual(JSON.parse(stdout), {
    schemaVersion: 1,
    error: {
      code: 'FORBIDDEN',
      message: 'pods cannot be listed in namespace apps',
      why: 'User "dev" cannot list resource "pods"',
      next: 'kubectl auth can-i list pods -n apps',
      exitCode: 3,
    },
  });
});

for (const how of ['defect', 'late']) {
  test(`a defect of ours (${how}) ends with 70 and shows no stack trace`, async () => {
    const { code, stdout, stderr } = await run(['throw', how]);
    assert.deepEqual([code, stdout], [70, '']);
    assert.match(
      stderr,
      /^Error: pod-iam ran into a defect of its own: (x is not a function|thrown late)\n {2}Next: .*\n$/,
    );
  });
}

test('a stack trace is there for who asks for it', async () => {
  const { stderr } = await run(['throw', 'defect'], { env: { DEBUG: '1' } });
  assert.match(stderr, /at Throw\.run/);
});

test('a flag comes from the command line, then the environment, then the file, then its default', async () => {
  const file = withConfig('name: file\nsize: 4\n');
  const env = { POD_IAM_NAME: 'environment' };
  assert.equal((await valuesOf(['--name', 'words'], { ...file, env })).name, 'words');
  assert.equal((await valuesOf([], { ...file, env })).name, 'environment');
  assert.equal((await valuesOf([], file)).name, 'file');
  assert.equal((await valuesOf(['--name', 'x'])).size, 1);
});

test('values of the file are read as the flags are', async () => {
  const values = await valuesOf(
    [],
    withConfig('name: n\nsize: 4\ndry-run: true\nlabel: [a, b]\nmode: slow\ncontext: c\n'),
  );
  assert.deepEqual(values, {
    size: 4,
    dryRun: true,
    mode: 'slow',
    label: ['a', 'b'],
    name: 'n',
    context: 'c',
  });
});

test('values of the environment are read as the flags are', async () => {
  const env = { POD_IAM_NAME: 'n', POD_IAM_DRY_RUN: '1', POD_IAM_SIZE: '7', POD_IAM_LABEL: 'a' };
  assert.deepEqual(await valuesOf([], { env }), { size: 7, dryRun: true, label: ['a'], name: 'n' });
});

const badFiles: [string, string, string][] = [
  ['name: [', 'pod-iam.yaml is not valid YAML', 'BAD_CONFIG'],
  [
    '- a',
    'pod-iam.yaml must hold flag names and their values, such as "base-role-arn: arn:aws:…"',
    'BAD_CONFIG',
  ],
  ['name: n\ndry-run: maybe', 'pod-iam.yaml must be true or false, not "maybe"', 'USAGE'],
  ['name: n\nmode: odd', 'pod-iam.yaml must be one of fast, slow, not "odd"', 'USAGE'],
  ['name: [a, b]', 'pod-iam.yaml must be one value, not "["a","b"]"', 'USAGE'],
  ['name: n\nsize: big', 'pod-iam.yaml: expected an integer but received: big', 'USAGE'],
];
for (const [text, message, code] of badFiles) {
  test(`a file that says ${JSON.stringify(text)} is refused`, async () => {
    const ran = await run(['flags', '--json'], withConfig(text));
    assert.equal(ran.code, 2);
    const { error } = JSON.parse(ran.stdout);
    assert.equal(error.code, code);
    assert.ok(error.message.endsWith(message), error.message);
    const next = code === 'USAGE' ? /^mend \S+ in .*, or give the flag, which comes first$/ : /^mend it, or/;
    assert.match(error.next, next);
  });
}

test('an unknown key in the file is warned of, with the name that was meant', async () => {
  const { code, stderr } = await run(['flags'], withConfig('nmae: x\nname: y\nfrobnicate: 1\n'));
  assert.equal(code, 0);
  const path = join(folder, 'pod-iam.yaml');
  assert.equal(
    stderr,
    `Warning: ${path} sets "nmae", which is no flag of any command; did you mean "name"?\n` +
      `Warning: ${path} sets "frobnicate", which is no flag of any command\n`,
  );
});

test('a flag of another command is no unknown key', async () => {
  assert.equal((await run(['flags'], withConfig('name: y\nfail-on: error\n'))).stderr, '');
});

test('a file that was named and is not there is a usage error', async () => {
  for (const options of [{}, { env: { POD_IAM_CONFIG: '/none.yaml' } }]) {
    const args = 'env' in options ? [] : ['--config', '/none.yaml'];
    const { code, stderr } = await run(['flags', ...args], options);
    assert.deepEqual(
      [code, stderr],
      [2, 'Error: there is no configuration file /none.yaml\n  Next: pod-iam init\n'],
    );
  }
});

test('an empty file sets nothing', async () => {
  assert.equal((await valuesOf(['--name', 'x'], withConfig(''))).size, 1);
});
