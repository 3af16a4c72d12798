// A trust policy that is checked comes from a pull request or from somebody else's account: what it holds
// is shown on the terminal of whoever looks at it, and pasted by them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { parsePolicy } from '../../src/model/policy.ts';
import { diffTrust, renderDiff } from '../../src/trust-policy/diff.ts';
import { explainTrust, renderExplanation } from '../../src/trust-policy/explain.ts';
import { renderSimulation } from '../../src/trust-policy/render-simulation.ts';
import { simulate } from '../../src/trust-policy/simulate.ts';
import { renderWho, whoCanAssume } from '../../src/trust-policy/who.ts';
import { APP, check, HOME, ISSUER, irsa, LIVE, NODE, OPTIONS, PROVIDER, trust } from './helpers.ts';

const ESCAPES = 'a\u001b[2J\u001b]0;title\u0007\u009b8m\n::stop-commands::x\rb';
const text = trust(
  { AWS: NODE },
  { Sid: ESCAPES, Condition: { StringEquals: { 'sts:ExternalId': ESCAPES, [`aws:${ESCAPES}`]: ESCAPES } } },
);
const { policy } = parsePolicy(text);

/** No control character but line ends, and no line of a workflow command's. */
function assertHarmless(output: string): void {
  assert.match(output, /\\x1b\[2J/);
  assert.doesNotMatch(output, /[\0-\x09\x0b-\x1f\x7f-\x9f]|^\s*::/m);
}

describe('escape sequences and line breaks in a document', () => {
  it('are shown, and not obeyed, by explain', () => {
    assertHarmless(renderExplanation(explainTrust({ name: 'a.json', text, fault: null }, policy!, OPTIONS)));
  });

  it('are shown, and not obeyed, by diff', () => {
    const plain = parsePolicy(trust({ AWS: NODE })).policy!;
    assertHarmless(renderDiff(diffTrust(plain, policy!)));
  });

  it('are shown, and not obeyed, by who-can-assume', () => {
    const role = 'arn:aws:iam::111122223333:role/blue';
    assertHarmless(renderWho(whoCanAssume(role, new Map([[role, policy!]])), null));
  });

  it('are shown, and not obeyed, by simulate', () => {
    const request = {
      caller: NODE,
      action: 'sts:AssumeRole',
      role: APP.arn,
      context: {},
      identityPolicies: 'silent',
    } as const;
    assertHarmless(renderSimulation(simulate({ ...parsePolicy(text), policy: policy! }, request)));
  });
});

describe('a command that mends a document', () => {
  const run = (command: string): string[] =>
    execFileSync('sh', ['-c', command.replace(/^aws iam|^pod-iam/, 'printf "%s\\n"')], { encoding: 'utf8' })
      .trim()
      .split('\n');
  const commandOf = (code: string, text: string, options: Parameters<typeof check>[1]): string =>
    check(text, options).find((result) => result.code === code && result.fix?.command)!.fix!.command!;

  it('runs nothing that the audience of a token holds', () => {
    const audience = 'x; printf ran; $(id) `id`';
    const text = irsa({ StringEquals: { [`${ISSUER}:aud`]: audience } });
    const command = commandOf('TP031', text, { account: HOME, live: LIVE });
    assert.deepEqual(run(command).slice(1), [
      '--open-id-connect-provider-arn',
      PROVIDER,
      '--client-id',
      audience,
    ]);
  });
});
