import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Policy, parsePolicy } from '../../src/model/policy.ts';
import { renderWho, whoCanAssume } from '../../src/trust-policy/who.ts';
import type { PodsThatCan } from '../../src/trust-policy/who-pods.ts';
import { APP, AUDIENCE, document, HOME, irsa, NODE, ROOT, SUBJECT, trust } from './helpers.ts';

const policies = (texts: Record<string, string>): ReadonlyMap<string, Policy> =>
  new Map(Object.entries(texts).map(([arn, text]) => [arn, parsePolicy(text).policy!]));
const rendered = (texts: Record<string, string>, pods: Partial<PodsThatCan> | null = null): string[] =>
  renderWho(
    whoCanAssume(APP.arn, policies(texts)),
    pods && { workloads: [], serviceAccounts: [], inVain: [], notKnown: [], ...pods },
  ).split('\n');

describe('who can become a role', () => {
  it('is whom its policy names, and behind a role those whom that role names', () => {
    const admins = `arn:aws:iam::${HOME}:user/admin`;
    assert.deepEqual(
      rendered(
        {
          [APP.arn]: trust({ AWS: [NODE, ROOT] }),
          [NODE]: trust({ Service: 'ec2.amazonaws.com', AWS: admins }),
        },
        { workloads: ['shop/Deployment/web'] },
      ),
      [
        APP.arn,
        `  ├─ sessions of the role node of account ${HOME}`,
        '  │  ├─ EC2 (any instance that the role is attached to)',
        `  │  └─ the user admin of account ${HOME}`,
        `  └─ any role or user of account ${HOME} whose own policies allow it`,
        '',
        'By the proxy, as pods of:',
        '  shop/Deployment/web',
      ],
    );
  });

  it('shows the conditions, and what a Deny takes away', () => {
    const conditional = irsa({ StringEquals: { ...SUBJECT, ...AUDIENCE } });
    const [, line] = rendered({ [APP.arn]: conditional });
    assert.match(
      line!,
      /if the token is of the service account web in namespace shop; if the token's audience is/,
    );
    const denied = document(
      { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'sts:AssumeRole' },
      { Effect: 'Deny', Principal: { AWS: NODE }, Action: 'sts:AssumeRole' },
    );
    assert.deepEqual(rendered({ [APP.arn]: denied }).slice(2), [
      `  but statement 1 forbids it to sessions of the role node of account ${HOME}`,
    ]);
  });

  it('ends where roles trust each other in a circle, and where nobody is let in', () => {
    const circle = { [APP.arn]: trust({ AWS: NODE }), [NODE]: trust({ AWS: APP.arn }) };
    const { who } = whoCanAssume(APP.arn, policies(circle));
    assert.equal(who[0]!.next![0]!.principal, APP.arn);
    assert.equal(who[0]!.next![0]!.next, null);
    for (const action of ['sts:TagSession', 'sts:Tag*', 'sts:Set*'])
      assert.deepEqual(rendered({ [APP.arn]: trust({ AWS: NODE }, { Action: action }) }), [
        APP.arn,
        '  nobody: its trust policy lets nobody in',
      ]);
  });
});
