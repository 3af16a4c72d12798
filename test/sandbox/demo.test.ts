import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it } from 'node:test';
import { runDemo } from '../../src/sandbox/demo/demo.ts';
import { waitForShop } from '../../src/sandbox/shop-ready.ts';
import { startWorld } from '../../src/sandbox/world.ts';
import { folderOf, processesIn, startPodIam } from './run.ts';

describe('the demo', () => {
  it('tells the whole story, proves each step and leaves nothing behind, in under a minute', async () => {
    const startedAt = Date.now();
    const demo = startPodIam(['sandbox', 'demo']);
    await demo.until(/2 daemons run, and the rule is in place on node-1 and node-2/);
    const folder = folderOf(demo);
    assert.notEqual(processesIn(folder), '');
    assert.equal(await demo.ended, 0, demo.output());
    const output = demo.output();
    assert.deepEqual(
      output.split('\n').filter((line) => /^\d\/6 |^ {2}ok: /.test(line)),
      [
        '1/6  Install the proxy on both nodes',
        '  ok: exit code 0, as expected',
        '  ok: 2 daemons run, and the rule is in place on node-1 and node-2',
        '2/6  Verify every workload from inside the cluster',
        '  ok: exit code 1, as expected',
        '  ok: STS has seen pods of 3 workloads, each as its own role: blue, red, green',
        '  ok: verify tells the broken workload from the right ones: amber gets no credentials',
        '3/6  Ask the doctor what is wrong',
        '  ok: exit code 1, as expected',
        '  ok: doctor names the cause (TP018) and prints a trust policy that lets the nodes in',
        '4/6  Repair the trust policy',
        '  ok: exit code 0, as expected',
        '  ok: the trust policy of amber in IAM lets the nodes in, and keeps what it said before',
        '5/6  Verify again',
        '  ok: exit code 0, as expected',
        '  ok: STS has seen pods of 4 workloads, each as its own role: blue, red, green, amber',
        "  ok: no pod has got its node's own credentials: only the daemons asked the real metadata service for them",
        '6/6  Uninstall',
        '  ok: exit code 0, as expected',
        '  ok: after uninstall no rule is left on any node, and no object in the cluster',
        '  ok: 2 daemons run, and the rule is in place on node-1 and node-2',
        '  ok: STS has seen pods of 3 workloads, each as its own role: blue, red, green',
        '  ok: verify tells the broken workload from the right ones: amber gets no credentials',
        '  ok: doctor names the cause (TP018) and prints a trust policy that lets the nodes in',
        '  ok: the trust policy of amber in IAM lets the nodes in, and keeps what it said before',
        '  ok: STS has seen pods of 4 workloads, each as its own role: blue, red, green, amber',
        "  ok: no pod has got its node's own credentials: only the daemons asked the real metadata service for them",
        '  ok: after uninstall no rule is left on any node, and no object in the cluster',
      ],
    );
    assert.match(
      output,
      /\$ pod-iam trust-policy apply --role amber --node-role arn:aws:iam::210987654321:role\/node --yes\n/,
    );
    assert.doesNotMatch(output, /\x1b/, 'no colour when it is piped');
    assert.doesNotMatch(output, /wJalr|SecretAccessKey|[A-Za-z0-9/+]{40}/, 'no secret');
    assert.ok(Date.now() - startedAt < 120_000);
    assert.equal(processesIn(folder), '');
    assert.equal(existsSync(folder), false);
  });

  it('cleans up when it is interrupted half-way, and exits 4', async () => {
    const demo = startPodIam(['sandbox', 'demo']);
    await demo.until(/\$ pod-iam verify/);
    const folder = folderOf(demo);
    demo.child.kill('SIGINT');
    assert.equal(await demo.ended, 4, demo.output());
    assert.match(
      demo.output(),
      /Error: the run was interrupted by SIGINT\n {2}Next: run the same command again\n$/,
    );
    assert.equal(processesIn(folder), '');
    assert.equal(existsSync(folder), false);
  });

  it('fails when a step ends otherwise than the story says', async () => {
    const world = await startWorld();
    const lines: string[] = [];
    const run = (script: string): Promise<void> =>
      runDemo({
        world,
        program: [process.execPath, '-e', script],
        path: '',
        hasColour: false,
        signal: new AbortController().signal,
        print: (line) => lines.push(line),
      });
    try {
      await waitForShop(world.cluster, AbortSignal.timeout(20_000));
      await assert.rejects(run('console.log("no luck"); process.exit(3)'), {
        code: 'STORY',
        exitCode: 70,
        message: 'the step "Install the proxy on both nodes" did not end as it should',
        why: 'expected exit code 0; found 3',
      });
      assert.ok(lines.includes('  | no luck'));
      // A command that claims success and does nothing is found out.
      await assert.rejects(run(''), { code: 'STORY', why: 'expected 2 daemons ready; found 0' });
    } finally {
      await world.close();
    }
    assert.equal(existsSync(world.folder), false);
  });
});
