import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visible } from '../../src/model/visible.ts';

test('what a CI job would obey is broken, wherever it would obey it', () => {
  for (const [given, shown] of [
    ['::error::no', '\\::error::no'],
    ['  ::add-mask::a', '  \\::add-mask::a'],
    ['::error file=a,line=1::no', '\\::error file=a,line=1::no'],
    ['a\n::stop-commands::b', 'a\n\\::stop-commands::b'],
    ['a ##[add-path]/tmp', 'a #\\#[add-path]/tmp'],
    ['a ##vso[task.setvariable variable=PATH]/tmp', 'a #\\#vso[task.setvariable variable=PATH]/tmp'],
  ] as const)
    assert.equal(visible(given, { lines: true }), shown);
});

test('addresses, ARNs and headings stay as they are', () => {
  for (const text of ['::1', '::ffff:10.0.0.1', 'fd00::7', 'arn:aws:iam::111122223333:role/x', '## a [b]'])
    assert.equal(visible(text), text);
});
