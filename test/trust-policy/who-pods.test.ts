import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicy } from '../../src/model/policy.ts';
import { known, type OwnSide, unknownFact } from '../../src/model/snapshot.ts';
import { type PodFacts, podsThatCan, renderPods } from '../../src/trust-policy/who-pods.ts';
import { APP, AUDIENCE, irsa, NODE, ROOT, SUBJECT, trust } from './helpers.ts';

const web = 'shop/Deployment/web';
const facts = (document: string, more: Partial<PodFacts> = {}): PodFacts => ({
  role: APP.arn,
  policy: parsePolicy(document).policy!,
  nodeIdentities: known([NODE], 'the daemons'),
  ownSides: new Map(),
  workloads: known([web], 'list pods'),
  serviceAccounts: [],
  ...more,
});
const own = (side: OwnSide): Partial<PodFacts> => ({ ownSides: new Map([[NODE, known(side, '')]]) });

describe('the pods that can become a role', () => {
  it('are those that name it, where the trust policy lets the nodes in', () => {
    assert.deepEqual(podsThatCan(facts(trust({ AWS: NODE }))).workloads, [web]);
    assert.deepEqual(podsThatCan(facts(trust({ AWS: `${NODE}s` }))).inVain, [
      { who: web, why: `the trust policy does not let ${NODE} in` },
    ]);
  });

  it('need the nodes’ own policies where it trusts the account only', () => {
    assert.deepEqual(podsThatCan(facts(trust({ AWS: ROOT }), own('allows'))).workloads, [web]);
    assert.equal(podsThatCan(facts(trust({ AWS: ROOT }), own('silent'))).inVain.length, 1);
    assert.deepEqual(podsThatCan(facts(trust({ AWS: NODE }), own('silent'))).workloads, [web]);
    assert.equal(podsThatCan(facts(trust({ AWS: NODE }), own('barred'))).inVain.length, 1);
  });

  it('are none where no proxy hands it out', () => {
    assert.deepEqual(podsThatCan(facts(trust({ AWS: NODE }), { isServed: false })).inVain, [
      { who: web, why: 'no proxy is installed to hand it out' },
    ]);
  });

  it('may be so on some nodes only', () => {
    const found = podsThatCan(
      facts(trust({ AWS: NODE }), { nodeIdentities: known([NODE, `${NODE}s`], 'the daemons') }),
    );
    assert.deepEqual(found.workloads, [web]);
    assert.match(found.notKnown[0]!, /not all have it: the trust policy does not let .*nodes in$/);
  });

  it('include those with a service account whose token it takes', () => {
    const document = irsa({ StringEquals: { ...SUBJECT, ...AUDIENCE } });
    const found = podsThatCan(
      facts(document, { workloads: known([], ''), serviceAccounts: ['shop/web', 'shop/other'] }),
    );
    assert.deepEqual(found.serviceAccounts, ['shop/web']);
    assert.deepEqual(renderPods(found), [
      '',
      'By a token, as pods of the service account:',
      '  shop/web',
      '',
      'In vain, though they name it:',
      '  pods of the service account shop/other (the trust policy does not take its token)',
    ]);
  });

  it('are not known where the cluster does not tell', () => {
    const unread = unknownFact('forbidden', 'list pods');
    assert.deepEqual(podsThatCan(facts(trust({ AWS: NODE }), { workloads: unread })).notKnown, [
      'which workloads name the role: forbidden',
    ]);
    const noNodes = podsThatCan(facts(trust({ AWS: NODE }), { nodeIdentities: unread }));
    assert.deepEqual([noNodes.workloads, noNodes.notKnown.length], [[], 1]);
  });
});
