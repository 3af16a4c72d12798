import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseJson } from '../../src/model/policy/json.ts';
import { hasWildcard, wildcardMatches } from '../../src/model/policy/wildcard.ts';
import { parsePolicy } from '../../src/model/policy.ts';
import { cpuMs } from '../helpers/cpu-time.ts';
import fc from '../helpers/property.ts';

const good = `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Nodes",
      "Effect": "Allow",
      "Principal": {"AWS": ["arn:aws:iam::111122223333:role/team/node", "444455556666"]},
      "Action": "sts:AssumeRole",
      "Condition": {"StringEquals": {"sts:ExternalId": ["blue", 7, true]}}
    }
  ]
}`;

/** Line, column and message of the first fault. */
function fault(text: string): string {
  const [first] = parsePolicy(text).faults;
  return first
    ? `${first.line}:${first.column} ${first.message}${first.hint ? ` (${first.hint})` : ''}`
    : 'none';
}

describe('parsePolicy', () => {
  it('keeps where each text stands', () => {
    const parsed = parsePolicy(good);
    assert.ok(parsed.ok);
    const [statement] = parsed.policy.statements;
    assert.deepEqual(statement!.sid, { text: 'Nodes', pointer: '/Statement/0/Sid', line: 5, column: 14 });
    assert.deepEqual(
      statement!.principals.map(({ text, pointer, line, column }) => [text, pointer, line, column]),
      [
        ['arn:aws:iam::111122223333:role/team/node', '/Statement/0/Principal/AWS/0', 7, 29],
        ['444455556666', '/Statement/0/Principal/AWS/1', 7, 73],
      ],
    );
    assert.deepEqual(
      statement!.conditions[0]!.values.map(({ text }) => text),
      ['blue', '7', 'true'],
    );
  });

  it('says where a text stops to be JSON, and why', () => {
    assert.equal(
      fault(''),
      '1:1 not JSON: it is empty (start from what `pod-iam trust-policy generate` prints)',
    );
    assert.equal(
      fault('{"Version": "2012-10-17",}'),
      '1:25 not JSON: a comma stands before "}" (remove the comma)',
    );
    assert.equal(
      fault('{"Version": "2012-10-17"\n "Statement": []}'),
      '2:2 not JSON: """ stands where "," or "}" must stand',
    );
    assert.equal(
      fault("{'Version': 1}"),
      '1:2 not JSON: a single quote stands where a key in double quotes must stand (JSON takes double quotes only)',
    );
    assert.equal(
      fault('{\n // why\n}'),
      '2:2 not JSON: a comment stands where a key in double quotes must stand',
    );
    assert.equal(fault('{"Sid": "a\nb"}'), '1:11 not JSON: a string runs over the end of its line');
    assert.equal(fault('{"Sid": "a'), '1:9 not JSON: the string that begins here does not end');
    assert.equal(fault('{"Sid": "\\x"}'), '1:10 not JSON: "\\x" is no escape of JSON');
    assert.equal(fault('{"Sid": 01}'), '1:9 not JSON: "0" stands where a value must stand');
    assert.equal(fault('{} {}'), '1:4 not JSON: more follows after the end of the document');
    assert.equal(fault('['.repeat(10_000)), '1:66 not JSON: it is nested more than 64 deep');
  });

  it('recognises what is no policy', () => {
    assert.match(fault('\ufeff{}'), /byte order mark \(save the file as UTF-8 without byte order mark\)/);
    assert.match(
      fault('Version: 2012-10-17\nStatement: []\n'),
      /\(it looks like YAML: IAM takes JSON only\)/,
    );
    assert.match(fault('Resources:\n  Role:\n    Type: AWS::IAM::Role\n'), /CloudFormation template in YAML/);
    assert.match(fault('resource "aws_iam_role" "app" {\n}\n'), /Terraform/);
    assert.match(fault('apiVersion: v1\nkind: Pod\n'), /Kubernetes manifest/);
    assert.match(fault('%7B%22Version%22%3A%222012-10-17%22%7D'), /URL-encoded/);
    assert.match(fault('{"Role": {"AssumeRolePolicyDocument": {}}}'), /aws iam get-role/);
    assert.match(fault('{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {}}'), /CloudFormation/);
  });

  it('says of each what to check instead', () => {
    const rows: readonly [text: string, hint: string][] = [
      [' \n', 'start from what `pod-iam trust-policy generate` prints'],
      [
        '{\n  Version = "2012-10-17"\n}',
        'it looks like Terraform: check what `terraform show -json` or the JSON in assume_role_policy gives',
      ],
      ['cat > trust.json <<EOF\n{}\nEOF\n', 'it looks like a shell script: check the JSON that it writes'],
      ['# Roles\n```json\n{}\n```\n', 'it looks like a page of text: check the JSON inside it'],
      ['export const trust = {};\n', 'it looks like source code: check the JSON that it makes'],
      ['{\n  {{ if .Extra }}\n}', 'it looks like a template: check what it renders'],
      ['{% set a = 1 %}\n{}', 'it looks like a template: check what it renders'],
      [
        '"Condition": {}',
        'it is a part of a policy: check the whole, {"Version": "2012-10-17", "Statement": [{…}]}',
      ],
      [
        '{\u00a0"Version": "2012-10-17"}',
        'write plain blanks: a page or word processor put no-break spaces in',
      ],
      ['{"Version": "2012-10-17",}', 'remove the comma'],
      [
        '# \u4e3b\nresource "aws_iam_role" "app" {\n}\n',
        'it looks like Terraform: check what `terraform show -json` or the JSON in assume_role_policy gives',
      ],
      [
        '{"Effect": "Allow", "Action": "sts:AssumeRole"}',
        'it is a statement alone: put it into {"Version": "2012-10-17", "Statement": […]}',
      ],
      [
        '[{"Effect": "Allow"}]',
        'if these are statements, put them into {"Version": "2012-10-17", "Statement": […]}',
      ],
      ['"{\\"Version\\": 1}"', 'it is a policy within a string: take it out (jq -r .)'],
      [
        '{"Roles": []}',
        'it looks like the answer of `aws iam list-roles`: check the AssumeRolePolicyDocument of one role',
      ],
      [
        '{"RoleDetailList": []}',
        'it looks like the answer of `aws iam get-account-authorization-details`: check the AssumeRolePolicyDocument of one role',
      ],
      [
        '{"RoleName": "a", "PolicyDocument": {}}',
        'it looks like the answer of `aws iam get-role-policy`, a permissions policy: the policy is the value of its PolicyDocument',
      ],
      [
        '{"Type": "AWS::IAM::Role", "Properties": {}}',
        'it looks like a CloudFormation template: check the AssumeRolePolicyDocument inside it',
      ],
    ];
    for (const [text, hint] of rows) assert.equal(parsePolicy(text).faults[0]?.hint, hint, text);
  });

  it('shows the way to the policy inside', () => {
    const hint = (document: unknown): string | null | undefined =>
      parsePolicy(JSON.stringify(document)).faults[0]?.hint;
    const role = { AssumeRolePolicyDocument: { Statement: [] } };
    assert.equal(
      hint({ Resources: { 'my-bucket': { Type: 'X' }, Role: { Properties: role } } }),
      "it looks like a CloudFormation template: check the AssumeRolePolicyDocument inside it (jq -r '.Resources.Role.Properties.AssumeRolePolicyDocument' FILE | pod-iam trust-policy check -)",
    );
    assert.match(
      hint({ Roles: [{ RoleName: 'a' }, role] })!,
      /jq -r '\.Roles\[1\]\.AssumeRolePolicyDocument'/,
    );
    assert.match(
      hint({ planned_values: { 'root-module': { values: { assume_role_policy: '{}' } } } })!,
      /jq -r '\.planned_values\["root-module"\]\.values\.assume_role_policy'/,
    );
    assert.equal(
      hint(role),
      "the policy is the value of its AssumeRolePolicyDocument (jq -r '.AssumeRolePolicyDocument' FILE | pod-iam trust-policy check -)",
    );
  });

  it('finds a character that IAM does not take', () => {
    assert.equal(
      fault('{"Version": \u201c2012-10-17\u201d}'),
      '1:13 the character U+201C stands in it, and IAM takes none above U+00FF (write straight quotes; a word processor turned them into curly ones)',
    );
  });

  it('names every fault of a document in one run', () => {
    const text = '{"Statement": [{"Effect": "Permit", "Principal": "*", "Resource": "*"}, 7]}';
    assert.deepEqual(
      parsePolicy(text).faults.map(({ code, pointer }) => `${code} ${pointer}`),
      [
        'TP024 /Statement/0',
        'TP001 /Statement/0/Effect',
        'TP006 /Statement/0/Principal',
        'TP003 /Statement/0/Resource',
        'TP001 /Statement/1',
      ],
    );
  });

  it('suggests what was probably meant', () => {
    assert.match(
      fault(good.replace('StringEquals', 'StringEqualz')),
      /"StringEqualz" is no condition operator \(StringEquals\)/,
    );
    assert.match(
      fault(good.replace('StringEquals', 'ForAnyValues:StringLike')),
      /\(ForAnyValue:StringLike\)/,
    );
    assert.match(
      fault(good.replace('"Effect"', '"effect"')),
      /"effect" is no element of a statement \(Effect\)|has no "Effect"/,
    );
    assert.match(fault(good.replace('sts:AssumeRole', 'sts:AssumRole')), /\(sts:AssumeRole\)/);
  });

  it('refuses condition keys that differ in case only', () => {
    const twice = good.replace('{"sts:ExternalId"', '{"STS:externalid": "x1", "sts:ExternalId"');
    assert.match(
      fault(twice),
      /the key "sts:ExternalId" stands twice under "StringEquals", in different case/,
    );
  });

  it('reads policies of identities, which name resources and no principals', () => {
    const text =
      '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}';
    assert.ok(parsePolicy(text, 'identity').ok);
    assert.equal(parsePolicy(good, 'identity').ok, false);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parsePolicy(text)));
  });

  it('reads a large file in linear time', () => {
    const principals = Array.from(
      { length: 2500 },
      (_, i) => `"arn:aws:iam::111122223333:role/n${i}"`,
    ).join();
    const tookMs = cpuMs(() => {
      parsePolicy(good.replace('"444455556666"', principals));
      parsePolicy(' '.repeat(10 * 1024 * 1024));
      parseJson(`[${'"x",'.repeat(1_000_000)}1]`);
    });
    assert.ok(tookMs < 5000, `${tookMs} ms`);
  });
});

describe('the JSON reader', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const result = parseJson(text);
        assert.ok(result.ok);
        if (result.duplicates.length === 0) assert.deepEqual(plain(result.root), JSON.parse(text));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '}', '"', '\\', '0', "'"),
        (text, at, insert) => {
          const cut = at % (text.length + 1);
          const changed = text.slice(0, cut) + insert + text.slice(cut + (insert === '' ? 1 : 0));
          assert.equal(parseJson(changed).ok, isJson(changed), changed);
        },
      ),
    );
  });
});

type Node = Extract<ReturnType<typeof parseJson>, { ok: true }>['root'];

function plain(node: Node): unknown {
  if (node.type === 'array') return node.items.map(plain);
  if (node.type === 'null') return null;
  if (node.type !== 'object') return node.value;
  const object: Record<string, unknown> = {};
  for (const { key, value } of node.entries)
    Object.defineProperty(object, key, {
      value: plain(value),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  return object;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('wildcards', () => {
  it('match as a regular expression does', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', ':'), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (wild, given) => {
        const regexp = new RegExp(`^${wild.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
        assert.equal(wildcardMatches(wild, given), regexp.test(given));
      }),
      { numRuns: 2000 },
    );
  });

  it('take a hostile pattern in its stride', () => {
    const tookMs = cpuMs(() => {
      assert.equal(wildcardMatches('*a'.repeat(500), 'a'.repeat(499)), false);
      assert.equal(wildcardMatches(`${'*a'.repeat(50)}b`, 'a'.repeat(10_000)), false);
    });
    assert.ok(tookMs < 1000, `${tookMs} ms`);
  });

  it('are literal when written as variables', () => {
    assert.equal(hasWildcard('a${*}b${?}'), false);
    assert.equal(hasWildcard('a*'), true);
  });
});
