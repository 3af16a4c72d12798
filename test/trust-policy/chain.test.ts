import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicy } from '../../src/model/policy.ts';
import { type ChainFacts, chainOf, drawChain } from '../../src/trust-policy/chain.ts';
import { APP, AWAY, NODE, ROOT, trust } from './helpers.ts';

const chain = (document: string, more: Partial<ChainFacts> = {}) =>
  chainOf({
    ...{
      role: APP,
      policy: parsePolicy(document).policy!,
      nodeIdentity: NODE,
      workloads: ['shop/Deployment/web'],
    },
    ...{ mayAssume: null, ...more },
  });
const held = (document: string, more: Partial<ChainFacts> = {}) =>
  chain(document, more).links.map(({ holds }) => holds);

describe('the chain from a pod to its role', () => {
  it('holds without a policy of the node where the role names the node itself', () => {
    const { links } = chain(trust({ AWS: NODE }));
    assert.deepEqual(
      links.map(({ holds }) => holds),
      [true, true, true],
    );
    assert.equal(
      links[2]!.text,
      'node needs no policy of its own: app names it, and both are of one account.',
    );
  });

  it('hangs on the policies of the node where the role only trusts its account', () => {
    assert.deepEqual(held(trust({ AWS: ROOT })), [true, true, 'unknown']);
    assert.deepEqual(held(trust({ AWS: ROOT }), { mayAssume: true }), [true, true, true]);
    assert.deepEqual(held(trust({ AWS: ROOT }), { mayAssume: false }), [true, true, false]);
  });

  it('always needs both sides across accounts', () => {
    const away = `arn:aws:iam::${AWAY}:role/node`;
    assert.deepEqual(held(trust({ AWS: away }), { nodeIdentity: away }), [true, true, 'unknown']);
  });

  it('breaks where the role trusts somebody else, and where no pod names the role', () => {
    assert.deepEqual(held(trust({ AWS: `${NODE}s` }), { workloads: [], mayAssume: true }), [
      false,
      false,
      true,
    ]);
  });

  it('says nothing of pods where nobody looked', () => {
    assert.deepEqual(held(trust({ AWS: NODE }), { workloads: null }), [true, true]);
  });

  it('is drawn from top to bottom, with whose document decides each link', () => {
    const lines = drawChain(chain(trust({ AWS: ROOT }))).split('\n');
    assert.deepEqual(lines.slice(0, 8), [
      '  a pod                  shop/Deployment/web',
      '    │  asks 169.254.169.254, and the proxy on its node answers',
      '    ▼',
      '  the node\'s role (the "gold" role)',
      `                         ${NODE}`,
      '    │  sts:AssumeRole: the one who asks needs a policy, the one who is',
      '    ▼  asked for needs a trust policy; they are two documents',
      `  the pod's role         ${APP.arn}`,
    ]);
    assert.deepEqual(
      lines.filter((line) => line.includes('decided by')),
      [
        "               decided by the pod's annotation iam.amazonaws.com/role",
        '               decided by the trust policy of app',
        '               decided by the policies of node itself',
      ],
    );
    assert.match(lines.join('\n'), /^ {2}\? unknown 3 {2}node needs a policy/m);
  });
});
