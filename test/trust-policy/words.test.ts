import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicy } from '../../src/model/policy.ts';
import { principalsWords } from '../../src/trust-policy/words.ts';
import { HOME, NODE, ROOT, trust } from './helpers.ts';

const words = (principal: unknown): string =>
  principalsWords(parsePolicy(trust(principal)).policy!.statements[0]!.principals);

describe('principalsWords', () => {
  it('tells those of a kind together', () => {
    assert.equal(
      words({ AWS: [ROOT, '444455556666'] }),
      `any role or user of the accounts ${HOME} and 444455556666 whose own policies allow it`,
    );
    assert.equal(
      words({ AWS: [NODE, `arn:aws:iam::${HOME}:user/ada`, `arn:aws:iam::${HOME}:role/team/node`] }),
      `sessions of the roles node and team/node of account ${HOME} and the user ada of account ${HOME}`,
    );
    assert.equal(
      words({ AWS: [NODE, NODE.replace(HOME, '444455556666')] }),
      `sessions of the role node of account ${HOME} and sessions of the role node of account 444455556666`,
    );
    assert.equal(
      words({ Service: ['glue.amazonaws.com', 'ec2.amazonaws.com', 'states.amazonaws.com'] }),
      'the AWS services glue.amazonaws.com and states.amazonaws.com and EC2 (any instance that the role is attached to)',
    );
  });

  it('names the deleted last', () => {
    const id = 'AROA4R74ZO52XAB5OD7T4';
    assert.equal(words({ AWS: id }), `nobody any more (${id} was deleted)`);
    assert.equal(
      words({ AWS: [id, NODE] }),
      `sessions of the role node of account ${HOME} (no longer ${id}, which was deleted)`,
    );
  });
});
