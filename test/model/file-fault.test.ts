import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileFault } from '../../src/model/file-fault.ts';

const folder = mkdtempSync(join(tmpdir(), 'pod-iam-'));
const file = join(folder, 'file');
writeFileSync(file, '');
after(() => rmSync(folder, { recursive: true }));

function faultOf(act: () => void): string {
  try {
    act();
  } catch (error) {
    return fileFault(error);
  }
  return 'none';
}

describe('the fault of a file', () => {
  it('is said in words, without the name of an error or of a system call', () => {
    assert.equal(
      faultOf(() => readFileSync(join(folder, 'none'))),
      'it does not exist',
    );
    assert.equal(
      faultOf(() => readFileSync(folder)),
      'it is a folder',
    );
    assert.equal(
      faultOf(() => readFileSync(join(file, 'x'))),
      'a part of the path is a file, not a folder',
    );
    assert.equal(
      faultOf(() => mkdirSync(file, { recursive: true })),
      'a file is in the way',
    );
  });

  it("is Node's message where there are no words, and one line", () => {
    assert.equal(
      fileFault(Object.assign(new Error('EXDEV: cross-device link\nmore'), { code: 'EXDEV' })),
      'EXDEV: cross-device link',
    );
    assert.equal(fileFault('odd'), 'odd');
  });
});
