import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorJson, withSchema } from '../../src/cli/json.ts';
import { renderProblem } from '../../src/cli/problems.ts';
import { environmentProblem, interruptedProblem, usageProblem } from '../../src/model/problem.ts';

const quiet = { debug: false };

test('each kind of problem has its exit code', () => {
  const words = { code: 'X', what: 'w', next: 'n' };
  assert.equal(renderProblem(usageProblem(words), quiet).exitCode, 2);
  assert.equal(renderProblem(environmentProblem(words), quiet).exitCode, 3);
  assert.equal(renderProblem(interruptedProblem(words), quiet).exitCode, 4);
  assert.equal(renderProblem(new TypeError('w'), quiet).exitCode, 70);
});

test('a cause that is not known has no line of its own', () => {
  assert.equal(
    renderProblem(usageProblem({ code: 'X', what: 'no such role', next: 'aws iam list-roles' }), quiet).text,
    'Error: no such role\n  Next: aws iam list-roles\n',
  );
});

test('a thrown non-error is a defect with its words', () => {
  assert.equal(
    renderProblem('odd', quiet).text,
    'Error: pod-iam ran into a defect of its own: odd\n  Next: run it again with DEBUG=* and report what it prints\n',
  );
});

test('words of a server cannot steer the terminal, and credentials in them are cut', () => {
  const problem = environmentProblem({
    code: 'X',
    what: 'a\x1b[2J',
    why: 'key AKIAIOSFODNN7EXAMPLE\nline 2',
    next: '\x07',
  });
  assert.equal(
    renderProblem(problem, quiet).text,
    'Error: a\\x1b[2J\n  Why:  key …MPLE\nline 2\n  Next: \\x07\n',
  );
  assert.doesNotMatch(JSON.stringify(errorJson(problem, 3)), /AKIA/);
});

test('the cause’s stack is there with DEBUG only', () => {
  const problem = environmentProblem({ code: 'X', what: 'w', next: 'n', cause: new Error('deep') });
  assert.doesNotMatch(renderProblem(problem, quiet).text, /deep/);
  assert.match(renderProblem(problem, { debug: true }).text, /Error: deep\n {4}at /);
});

test('a result is marked with its schema, whatever it is', () => {
  assert.deepEqual(withSchema({ a: 1 }), { schemaVersion: 1, a: 1 });
  assert.deepEqual(withSchema([1]), { schemaVersion: 1, items: [1] });
  assert.deepEqual(withSchema('x'), { schemaVersion: 1, value: 'x' });
});
