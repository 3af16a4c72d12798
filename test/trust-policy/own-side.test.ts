// TP019 and TP020: what the document leaves to the own side of the nodes, as far as IAM told of it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Result } from '../../src/model/finding.ts';
import { type Fact, known, type OwnSide, unknownFact } from '../../src/model/snapshot.ts';
import { checkPolicy } from '../../src/trust-policy/check.ts';
import { checkOptions } from '../../src/trust-policy/check-report.ts';
import { AWAY, HOME, LIVE, NODE, ROOT, trust } from './helpers.ts';

const APP = `arn:aws:iam::${HOME}:role/app`;
const FAR = `arn:aws:iam::${AWAY}:role/node`;

interface Case {
  code: 'TP019' | 'TP020';
  document: string;
  node: string;
  says: string;
}

const CASES: readonly Case[] = [
  {
    code: 'TP019',
    document: trust({ AWS: ROOT }),
    node: NODE,
    says: `${NODE} is let in only as one of its account's identities`,
  },
  {
    code: 'TP020',
    document: trust({ AWS: FAR }),
    node: FAR,
    says: `${FAR} is of another account than the role, ${HOME}`,
  },
];

function judge({ code, document, node }: Case, side: Fact<OwnSide> | null): Result {
  const ownSides = new Map(side === null ? [] : [[node, side]]);
  const words = { nodeRoles: [node], account: null, role: APP, sizeQuota: 2048 };
  const results = checkPolicy(
    { name: 'app.json', text: document, fault: null },
    checkOptions({ ...words, live: { ...LIVE, ownSides } }),
  );
  const [result, ...more] = results.filter((one) => one.code === code);
  assert.deepEqual(more, []);
  return result!;
}

const told = ({ status, severity, observed }: Result): string[] => [status, severity, observed];

for (const one of CASES) {
  describe(`${one.code}, of ${one.node}`, () => {
    it('passes where its own side allows it, and says by what', () => {
      const result = judge(one, known('allows', 'iam:SimulatePrincipalPolicy'));
      assert.equal(result.status, 'pass');
      assert.deepEqual(result.evidence, [
        { what: one.node, value: `${one.says}; IAM's simulator says that its own side allows it` },
      ]);
    });

    it('fails where its own side is silent, with the policy to give', () => {
      const result = judge(one, known('silent', 'iam:SimulatePrincipalPolicy'));
      assert.deepEqual(told(result), [
        'fail',
        'error',
        `${one.says}; IAM's simulator says that its own side does not allow it`,
      ]);
      assert.equal(JSON.parse(result.fix!.patch!).Statement[0].Resource, APP);
    });

    it('fails where its own side forbids it, for which no further policy helps', () => {
      const result = judge(one, known('barred', 'iam:SimulatePrincipalPolicy'));
      assert.deepEqual(told(result), [
        'fail',
        'error',
        `${one.says}; IAM's simulator says that its own side forbids it, by a Deny, its boundary or the organisation`,
      ]);
      assert.equal(result.fix!.patch, null);
    });

    it('is unknown where IAM did not tell, with what to grant', () => {
      const grant = { needs: 'iam:SimulatePrincipalPolicy on it', snippet: '{}' };
      const result = judge(one, unknownFact('denied', 'iam:SimulatePrincipalPolicy', grant));
      assert.deepEqual(told(result), [
        'unknown',
        'warning',
        `${one.says}; whether its own policy allows it is not known: denied`,
      ]);
      assert.deepEqual(result.fix, {
        text: 'be allowed to iam:SimulatePrincipalPolicy on it, and ask again',
        ...{ command: null, patch: '{}' },
      });
    });

    it('only warns where IAM was not asked', () => {
      assert.deepEqual(told(judge(one, null)), [
        'warn',
        'warning',
        `${one.says}; whether its own policy allows it cannot be seen in this document`,
      ]);
    });
  });
}
