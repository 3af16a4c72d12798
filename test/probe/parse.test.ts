import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseProbeLog } from '../../src/probe/parse.ts';
import type { PlannedProbe } from '../../src/probe/plan.ts';
import { bareLog, identityLog, lines } from '../helpers/probe-log.ts';

const probe: PlannedProbe = {
  id: 'p1',
  kind: 'identity',
  workload: 'apps/Deployment/blue',
  namespace: 'apps',
  node: 'node-1',
  serviceAccount: 'default',
  annotations: {},
  tolerations: [],
  expectedRole: 'arn:aws:iam::111122223333:role/blue',
  otherRole: 'red',
  sources: ['imds'],
  container: null,
};
const parse = (log: string) => parseProbeLog(log, probe, { name: 'probe-1', node: 'node-1' });
const good = identityLog('probe-1', 'node-1', 'blue');

describe("a probe's log", () => {
  it('is read whole', () => {
    const observation = parse(`${good}\n`);
    assert.deepEqual(observation.outcome, { state: 'ran' });
    assert.equal(observation.firstCredentialMs, 12);
    assert.equal(observation.remainingSeconds, 3600);
    assert.equal(observation.canary?.takenFor, 'apps/probe-1');
    assert.equal(observation.caller?.arn, 'arn:aws:sts::111122223333:assumed-role/blue/apps.probe-1');
    assert.deepEqual(Object.keys(observation.attempts), [
      'other-role',
      'extended',
      'extended-role',
      'iam-info',
      'identity-credentials',
    ]);
  });

  it('of a pod that got nothing has neither document nor times', () => {
    const observation = parse(bareLog('probe-1', 'node-1'));
    assert.equal(observation.document, null);
    assert.equal(observation.firstCredentialMs, null);
    assert.equal(observation.remainingSeconds, null);
  });

  const broken: [name: string, log: string, why: RegExp][] = [
    ['empty', '', /^its log is empty$/],
    ['cut off', good.split('\n').slice(0, -1).join('\n'), /^its log ends after "identity-credentials"$/],
    ['with a foreign line', `hello\n${good}`, /^its log holds a line that is not the script's: "hello"$/],
    [
      'with a step twice',
      good.replace('{"step":"end"}', good.split('\n')[1]!),
      /^its log holds the step "token" twice$/,
    ],
    [
      'with an unknown step',
      good.replace('"harmless"', '"harmful"'),
      /^its log holds an unknown step "harmful"$/,
    ],
    [
      'of another script',
      good.replace('"format":"1"', '"format":"2"'),
      /^its log is of another version of the script$/,
    ],
    ['that starts late', good.split('\n').slice(1).join('\n'), /^its log starts with "token"$/],
    ['with a number where a text belongs', '{"step":"start","format":1}', /that is not the script's/],
    ['that gave up', lines({ step: 'fatal', why: 'the image holds no curl' }), /^the image holds no curl$/],
  ];
  for (const [name, log, why] of broken)
    it(`${name} is broken, and proves nothing`, () => {
      const { outcome, listing, token } = parse(log);
      assert.equal(outcome.state, 'broken');
      assert.match(outcome.state === 'broken' ? outcome.why : '', why);
      assert.equal(listing, null);
      assert.equal(token, null);
    });

  it('takes for the proxy only what says that it is', () => {
    for (const body of ['', 'ok', '{"pod-iam":"true"}', '[]', 'null', '{"version":"0.1.0"}']) {
      const log = good
        .split('\n')
        .map((line) => {
          const member = JSON.parse(line) as { step: string };
          return JSON.stringify(member.step === 'canary' ? { ...member, body } : member);
        })
        .join('\n');
      assert.equal(parse(log).canary?.isProxy, false, body);
    }
  });

  it('knows an answer that broke off half-way', () => {
    const log = good.replace(
      '"path":"/document","http":"200","seconds":"0.004","error":""',
      '"path":"/document","http":"200","seconds":"0.004","error":"transfer closed with 9 bytes remaining to read"',
    );
    assert.equal(parse(log).document?.failure, 'transfer closed with 9 bytes remaining to read');
  });

  it('says in few words why no answer came', () => {
    const silent = (error: string) =>
      parse(
        good
          .split('\n')
          .map((line) => {
            const member = JSON.parse(line) as { step: string };
            return JSON.stringify(member.step === 'token' ? { ...member, http: '000', error } : member);
          })
          .join('\n'),
      ).token?.failure;
    assert.equal(
      silent('Failed to connect to 169.254.169.254 port 80 after 0 ms: Connection refused'),
      'Connection refused',
    );
    assert.equal(silent('Connection timed out after 3001 milliseconds'), 'timed out');
    assert.equal(silent(''), 'no answer');
  });
});
