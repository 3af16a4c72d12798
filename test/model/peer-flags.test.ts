// What is said to a flag of kube2iam or kiam that the daemon does not have.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { DAEMON_FLAGS, parseDaemonFlags } from '../../src/model/daemon-flags.ts';
import { PEER_FLAGS, peerFlagHint } from '../../src/model/peer-flags.ts';

describe('a flag of kube2iam or kiam that is not here', () => {
  for (const [word, message] of [
    ['--verbose', 'there is no flag --verbose; say --log-level=debug'],
    [
      '--iam-role-session-ttl=15m',
      'there is no flag --iam-role-session-ttl; say how long credentials live with --session-duration; they are renewed by themselves',
    ],
    [
      '--whitelist-route-regexp=placement',
      'there is no flag --whitelist-route-regexp; name the paths with --allow-paths',
    ],
    ['--app-prot=1', 'there is no flag --app-prot; did you mean --app-port?'],
    ['--constructor', 'there is no flag --constructor'],
  ] as const)
    test(`${word} is a usage error that says what to do`, () => {
      assert.throws(() => parseDaemonFlags([word]), { message });
    });

  test('has no hint where it is one of the daemon, or nobody else’s', () => {
    for (const name of ['app-port', 'node', 'toString']) assert.equal(peerFlagHint(name), null);
  });

  test('stands in the docs beside what takes its place, and nothing else does', () => {
    const page = readFileSync(new URL('../../docs/moving.md', import.meta.url), 'utf8');
    const own = DAEMON_FLAGS.map(({ name }) => name);
    const named = new Set([...page.matchAll(/`--([a-z][a-z-]*)/g)].map(([, name]) => name!));
    for (const name of Object.keys(PEER_FLAGS)) assert.ok(named.has(name), name);
    for (const name of named) assert.ok(own.includes(name) || name in PEER_FLAGS, name);
    for (const hint of Object.values(PEER_FLAGS))
      for (const [, name] of hint.matchAll(/--([a-z][a-z-]*)/g)) assert.ok(own.includes(name!), hint);
  });
});
