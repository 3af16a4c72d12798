import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { allAt, parseXml, textAt } from '../../src/aws/xml.ts';

describe('the XML of AWS', () => {
  it('is read as elements and text, with entities, whatever the attributes', () => {
    const root = parseXml(
      '<?xml version="1.0" encoding="UTF-8"?>\n<A xmlns="http://x/"><b>1 &lt; 2 &amp; &#x41;&#66;</b><set><item><c/></item><item><c>d</c></item></set></A>',
    );
    assert.equal(root?.name, 'A');
    assert.equal(textAt(root, 'b'), '1 < 2 & AB');
    assert.deepEqual(
      allAt(root, 'set', 'item', 'c').map(({ text }) => text),
      ['', 'd'],
    );
    assert.equal(textAt(root, 'set', 'nothing'), null);
  });

  it('is nothing for what is no XML, and no trouble where it is broken', () => {
    assert.equal(parseXml('no answer'), null);
    assert.equal(textAt(parseXml('</x><a><b>1</c>'), 'b'), '1');
  });
});
