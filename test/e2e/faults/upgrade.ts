// An upgrade to other code while pods ask: how long each node is without a daemon.
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  type Asker,
  awaitRound,
  gapsMs,
  isServed,
  isTokenRefused,
  removeAskers,
  roundsOf,
  startAskers,
  tally,
} from '../helpers/askers.ts';
import { shareOf, spansOf, startHammer } from '../helpers/hammer.ts';
import { podIam, root } from '../helpers/run.ts';
import { settings } from '../helpers/settings.ts';
import { figure, type Stage, watchLeaks } from '../helpers/stage.ts';

export function upgradeFaults(stage: () => Stage): void {
  describe('an upgrade while pods ask', () => {
    let askers: Asker[];
    const other = mkdtempSync(join(tmpdir(), 'pod-iam-other-'));
    before(async () => {
      askers = stage().nodes.map((node) => ({ name: `blue-${node}`, node, role: 'blue', everySeconds: 0.5 }));
      await startAskers(askers);
      for (const node of stage().nodes) await startHammer(`hammer-${node}`, node);
      for (const name of ['bin', 'dist', 'templates', 'package.json', 'oclif.manifest.json'])
        cpSync(join(root, name), join(other, name), { recursive: true });
      symlinkSync(join(root, 'node_modules'), join(other, 'node_modules'));
      appendFileSync(join(other, 'templates/image/run.cjs'), '// Another release.\n');
    });
    after(async () => {
      await removeAskers();
      rmSync(other, { recursive: true });
    });

    it('leaves a node without answers for a few seconds, never with wrong ones', async (test) => {
      const { nodes, world, requireOwnRole } = stage();
      for (const { name } of askers) await awaitRound(name, isServed);
      const leaks = watchLeaks();
      const sinceMs = Date.now();
      const words = ['upgrade', '--yes', '--probe-image', settings.curlImage];
      const ended = await podIam(words, world.environment, { cwd: other });
      assert.equal(ended.code, 0, ended.stderr + ended.stdout);
      assert.match(ended.stdout + ended.stderr, /DaemonSet/);
      figure(test, 'the upgrade took', ((Date.now() - sinceMs) / 1000).toFixed(1), 's');
      for (const node of nodes) {
        const spans = await spansOf(`hammer-${node}`, sinceMs);
        assert.equal(shareOf(spans, 'real').count, 0);
        figure(test, `${node}: without a daemon`, shareOf(spans, 'refused', 'reset', 'timeout').ms, 'ms');
        const rounds = (await roundsOf(`blue-${node}`)).filter(({ atMs }) => atMs > sinceMs);
        requireOwnRole(rounds, 'blue');
        assert.deepEqual(rounds.filter(isTokenRefused), [], 'a session token did not outlive the upgrade');
        figure(test, `${node}: rounds`, tally(rounds));
        figure(
          test,
          `${node}: longest time between two that were served`,
          Math.max(0, ...gapsMs(rounds)),
          'ms',
        );
      }
      assert.deepEqual(leaks(), [], 'requests reached the real metadata service');
    });
  });
}
