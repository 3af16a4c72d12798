import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { subjectWords } from '../../src/trust-policy/subject-words.ts';

const ROWS: readonly [subject: string, words: string][] = [
  ['system:serviceaccount:shop:web', 'the service account web in namespace shop'],
  ['system:serviceaccount:shop-*:*', 'any service account in any namespace named like shop-*'],
  ['repo:acme/shop:*', 'any run in the repository acme/shop'],
  ['repo:acme/*:*', 'any run in any repository of acme'],
  ['repo:acme/shop:pull_request', 'a pull request in the repository acme/shop'],
  ['repo:acme/shop:ref:refs/heads/main', 'a run for the branch main in the repository acme/shop'],
  ['repo:acme/shop:ref:refs/tags/v*', 'a run for any tag named like v* in the repository acme/shop'],
  [
    'repo:acme@12/shop@34:environment:prod',
    'a run for the environment prod in the repository acme/shop (with the ids 12 and 34)',
  ],
  ['repo:acme@*/shop@*:*', 'any run in the repository acme/shop (with ids, whatever they are)'],
  ['repo:acme*', '"repo:acme*"'],
  ['project_path:acme/shop:ref_type:branch:ref:main', 'a job for the branch main in the project acme/shop'],
  ['project_path:acme/*:ref_type:tag:ref:*', 'a job for any tag in any project below acme'],
  ['project_path:acme/shop:*', 'any job in the project acme/shop'],
  ['project_path:acme/shop:environment:prod', '"project_path:acme/shop:environment:prod"'],
  [
    'organization:acme:project:web:workspace:prod:run_phase:apply',
    'an apply in the workspace prod of the project web of the organisation acme',
  ],
  [
    'organization:acme:project:*:workspace:web-*:run_phase:*',
    'a plan or an apply in any workspace named like web-* of any project of the organisation acme',
  ],
  ['organization:acme:project:web:stack:*', '"organization:acme:project:web:stack:*"'],
  ['{0b1c}:{2d3e}:*', '"{0b1c}:{2d3e}:*"'],
];

describe('subjectWords', () => {
  for (const [subject, words] of ROWS)
    it(`reads ${subject}`, () => assert.equal(subjectWords(subject, true), words));

  it('takes a star for a star where it is no wildcard', () => {
    assert.equal(
      subjectWords('repo:acme/shop:*', false),
      '"repo:acme/shop:*", in which the star is no wildcard',
    );
  });
});
