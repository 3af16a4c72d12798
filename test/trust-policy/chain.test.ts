import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicy } from '../../src/model/policy.ts';
import { known, type OwnSide, unknownFact } from '../../src/model/snapshot.ts';
import { type ChainFacts, chainOf } from '../../src/trust-policy/chain.ts';
import { drawChain } from '../../src/trust-policy/draw-chain.ts';
import { APP, AWAY, NODE, ROOT, trust } from './helpers.ts';

const chain = (document: string, more: Partial<ChainFacts> = {}) =>
  chainOf({
    ...{ role: APP, roleName: 'app', ownSide: null },
    policy: known(parsePolicy(document).policy!, 'iam:GetRole'),
    nodeIdentity: known(NODE, '--node-role'),
    workloads: known(['shop/Deployment/web'], 'list pods'),
    ...more,
  });
const own = (side: OwnSide): Partial<ChainFacts> => ({ ownSide: known(side, 'the simulator') });
const grant = { needs: 'iam:GetRole on x', snippet: '{\n  "Statement": []\n}' };
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
    assert.deepEqual(held(trust({ AWS: ROOT }), own('allows')), [true, true, true]);
    assert.deepEqual(held(trust({ AWS: ROOT }), own('silent')), [true, true, false]);
  });

  it('always needs both sides across accounts', () => {
    const away = `arn:aws:iam::${AWAY}:role/node`;
    assert.deepEqual(held(trust({ AWS: away }), { nodeIdentity: known(away, '') }), [true, true, 'unknown']);
  });

  it('breaks where the role trusts somebody else, and where no pod names the role', () => {
    assert.deepEqual(held(trust({ AWS: `${NODE}s` }), { workloads: known([], ''), ...own('allows') }), [
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
    assert.match(lines.join('\n'), /^ {2}In short: whether pods become app hangs on link 3\.$/m);
  });

  it('keeps to 80 columns but for what is to be copied', () => {
    const many = Array.from({ length: 12 }, (_, n) => `a-rather-long-namespace/Deployment/workload-${n}`);
    for (const more of [{ workloads: known(many, '') }, own('barred'), own('silent'), {}])
      for (const document of [trust({ AWS: ROOT }), trust({ AWS: `${NODE}s` })])
        for (const line of drawChain(chain(document, more)).split('\n')) {
          const isCopied = / (?:arn:\S+|Mend \d: .*|\S{60,})$|arn:/.test(line);
          assert.ok(line.length <= 80 || isCopied, line);
        }
  });

  it('breaks where a Deny, a boundary or the organisation bars the node, though the role names it', () => {
    const { links } = chain(trust({ AWS: NODE }), own('barred'));
    assert.deepEqual(
      links.map(({ holds }) => holds),
      [true, true, false],
    );
    assert.deepEqual(held(trust({ AWS: NODE }), own('silent')), [true, true, true]);
  });

  it('breaks where no proxy hands roles out', () => {
    const drawn = drawChain(chain(trust({ AWS: NODE }), { isServed: false }));
    assert.match(drawn, /✗ MISSING 1 {2}The pod names the role: shop\/Deployment\/web; but no proxy is/);
    assert.match(drawn, /^ {2}In short: the roles are in order, but nothing hands app out\.$/m);
    assert.ok(drawn.endsWith('\n  Mend 1: pod-iam install'));
  });

  it('says what mends each missing link', () => {
    const drawn = drawChain(
      chain(trust({ AWS: `${NODE}s` }), { workloads: known([], ''), ...own('silent') }),
    );
    assert.match(drawn, /^ {2}a pod {18}none is annotated$/m);
    assert.match(drawn, /^ {2}Mend 1: put "iam\.amazonaws\.com\/role: app" into the annotations of a pod/m);
    assert.ok(drawn.includes(`\n  Mend 2: pod-iam trust-policy apply --role app --node-role ${NODE}`), drawn);
    assert.match(drawn, /^ {2}In short: without links 1, 2 and 3 no pod becomes app: STS answers$/m);
    assert.match(drawn, /once app names it, it\n {15}needs no leave of its own\.$/m);
    assert.doesNotMatch(drawn, /Mend 3/);
    const delegated = drawChain(chain(trust({ AWS: ROOT }), own('silent')));
    const document = `{"Version":"2012-10-17","Statement":[{"Sid":"PodIamAssumeRoles","Effect":"Allow","Action":"sts:AssumeRole","Resource":"${APP.arn}"}]}`;
    assert.ok(
      delegated.endsWith(
        `\n  Mend 3: aws iam put-role-policy --role-name node --policy-name pod-iam --policy-document '${document}'`,
      ),
      delegated,
    );
    const idle = drawChain(chain(trust({ AWS: NODE }), { workloads: known([], '') }));
    assert.match(idle, /In short: nothing stands in the way, but no pod asks for app\./);
  });

  it('draws what could not be read as unknown, with what would tell it', () => {
    const unread = unknownFact('AWS does not allow iam:GetRole', 'iam:GetRole', grant);
    const facts = { role: null, policy: unread, nodeIdentity: unknownFact('no cluster was asked', '') };
    const drawn = drawChain(
      chain(trust({ AWS: NODE }), { ...facts, workloads: unknownFact('no cluster', '') }),
    );
    assert.match(drawn, /^ {2}a pod {18}\(not known\)$/m);
    assert.match(drawn, /^ {2}the pod's role {9}app$/m);
    assert.match(
      drawn,
      /^ {2}\? unknown 2 {2}Whom app trusts is not known: AWS does not allow iam:GetRole\.$/m,
    );
    assert.ok(
      drawn.endsWith(
        '\n  To know 2: be allowed to iam:GetRole on x, by\n    {\n      "Statement": []\n    }',
      ),
    );
    const noNode = drawChain(chain(trust({ AWS: NODE }), { nodeIdentity: unknownFact('no cluster', '') }));
    assert.match(noNode, /^ {2}To know 2: give --node-role ARN$/m);
  });
});
