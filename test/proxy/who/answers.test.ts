import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import {
  CallFailure,
  parseJson,
  readJsonLines,
  refusalOf,
  unreachable,
} from '../../../src/proxy/who/answers.ts';

const SERVER = 'the API server';
const answer = (...chunks: (string | Buffer)[]): IncomingMessage =>
  Readable.from(chunks.map((chunk) => Buffer.from(chunk as string))) as IncomingMessage;

describe('JSON on each line', () => {
  const read = async (...chunks: (string | Buffer)[]): Promise<unknown[]> => {
    const found: unknown[] = [];
    await readJsonLines(SERVER, answer(...chunks), 20, (document) => found.push(document));
    return found;
  };

  test('is read however it is cut, also within a letter, and without what has no end', async () => {
    const bytes = Buffer.from('{"a":"é"}\n\n{"b":2}\n{"c"');
    const cut = bytes.indexOf('é') + 1;
    assert.deepEqual(await read(bytes.subarray(0, cut), bytes.subarray(cut)), [{ a: 'é' }, { b: 2 }]);
  });

  test('is refused when it is none, and when a line does not end', async () => {
    await assert.rejects(
      read('<html>\n'),
      new CallFailure(0, 'the API server sent something other than JSON'),
    );
    await assert.rejects(read('x'.repeat(21)), new CallFailure(0, 'the API server sent an endless line'));
  });
});

test('a whole answer that is no JSON is a failure of the call', () => {
  assert.deepEqual(parseJson(SERVER, '{"a":1}'), { a: 1 });
  assert.throws(
    () => parseJson(SERVER, '<html>'),
    new CallFailure(0, 'the API server sent something other than JSON'),
  );
});

test("a refusal is told in the server's own words, not in those of what stands before it", () => {
  const told = (text: string): string => refusalOf(SERVER, 403, text).message;
  assert.equal(told('{"message":"pods is forbidden"}'), 'the API server answered 403: pods is forbidden');
  assert.equal(told('<h1>Forbidden</h1>'), 'the API server answered 403');
  assert.equal(told('{}'), 'the API server answered 403');
  assert.equal(
    told(JSON.stringify({ message: 'x'.repeat(400) })).length,
    'the API server answered 403: '.length + 300,
  );
  assert.equal(refusalOf(SERVER, 403, '').status, 403);
});

test('a broken connection is told by its code, and a failure that is one already stays as it is', () => {
  const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
  assert.equal(unreachable(SERVER, refused).message, 'the API server cannot be reached: ECONNREFUSED');
  assert.equal(
    unreachable(SERVER, new Error('aborted')).message,
    'the API server cannot be reached: aborted',
  );
  const failure = new CallFailure(410, 'gone');
  assert.equal(unreachable(SERVER, failure), failure);
});
