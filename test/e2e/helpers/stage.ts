// What every fault run stands on: pod-iam installed on all nodes, an emulated AWS that can be made to
// fail, pods that ask all the time, and the means to tell a right answer from a wrong one.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type Round, tally } from './askers.ts';
import { type NodeRoleWorld, startNodeRoleWorld } from './aws.ts';
import { imdsRequests, onNode } from './cluster.ts';
import { createNamespace, deleteNamespace, nodeNames } from './pods.ts';
import { podIam } from './run.ts';
import { settings } from './settings.ts';

/** Roles of a crowd of pods, each with its own. */
export const crowdRoles = Array.from({ length: 40 }, (_, i) => `crowd-${String(i).padStart(2, '0')}`);

export interface Stage {
  world: NodeRoleWorld;
  nodes: string[];
  install(...moreFlags: string[]): Promise<void>;
  /** What the node's daemon answers on its admin address, such as to `/readyz`. */
  admin(node: string, path: string): Promise<string>;
  /** Name of the role that a served key belongs to; null for a key that STS never gave out. */
  roleOf(key: string): string | null;
  /** Fails unless each round got this role or nothing, judged by the key itself. */
  requireOwnRole(rounds: readonly Round[], role: string): void;
  close(): Promise<void>;
}

export async function setStage(): Promise<Stage> {
  await podIam(['uninstall', '--yes']);
  await createNamespace();
  const world = await startNodeRoleWorld(crowdRoles);
  const nodes = await nodeNames();

  const roleOf = (key: string): string | null => {
    const caller = world.aws.sessions.findKey(key)?.caller;
    return caller?.kind === 'session' ? caller.role.name : null;
  };

  return {
    world,
    nodes,
    roleOf,
    async install(...moreFlags) {
      const ended = await podIam(
        [
          ...['install', '--yes', '--image', settings.nodeImage, '--probe-image', settings.curlImage],
          ...['--base-role-arn', world.roleArn(''), '--sts-endpoint', world.aws.url, '--region', 'us-east-1'],
          ...['--metadata-addr', world.metadataAddress, ...settings.installFlags, ...moreFlags],
        ],
        world.environment,
      );
      assert.equal(ended.code, 0, ended.stderr + ended.stdout);
    },
    admin: (node, path) => onNode(node, 'curl', '-s', '-m', '20', `http://127.0.0.1:8182${path}`),
    requireOwnRole(rounds, role) {
      const answered = rounds.filter(({ key }) => key !== undefined);
      assert.ok(answered.length > 0, `no round of ${role} was answered: ${tally(rounds)}`);
      const wrong = rounds.filter(
        (round) =>
          (round.role !== undefined && round.role !== role) ||
          (round.key !== undefined && roleOf(round.key) !== role),
      );
      assert.deepEqual(wrong, [], `a pod of role ${role} was given something else`);
    },
    async close() {
      const ended = await podIam(['uninstall', '--yes'], world.environment);
      await deleteNamespace();
      await world.close();
      assert.equal(ended.code, 0, ended.stderr + ended.stdout);
    },
  };
}

/**
 * Watches the real metadata service from now on. The daemons ask an emulated one instead, so that
 * whatever arrives there has slipped past them.
 */
export function watchLeaks(): () => string[] {
  const before = imdsRequests().length;
  return () =>
    imdsRequests()
      .slice(before)
      .map(({ from, method, path, status, time }) => `${time} ${from} ${method} ${path} ${status}`);
}

/** Prints a measured figure with the test that measured it. */
export function figure(test: TestContext, what: string, value: number | string, unit = ''): void {
  test.diagnostic(`figure: ${what}: ${value}${unit && ` ${unit}`}`);
}

export const seconds = (ms: number): string => (ms / 1000).toFixed(1);
