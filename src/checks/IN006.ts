// IN006: a daemon that crashes again and again; its last message is shown.
import { type Finding, fail, pass, subject, warn } from '../model/finding.ts';
import { quote } from '../model/shell.ts';
import type { DaemonFact, ProxyInstall, Snapshot } from '../model/snapshot.ts';
import { clusterSubject, unread } from './shared.ts';

const expected = 'the daemon runs without restarts';
const why = 'while the daemon is down its pods get no new credentials';
/** One or two restarts happen at a node's own start. */
const MANY_RESTARTS = 3;

export function run(snapshot: Snapshot): Finding[] {
  const { proxy } = snapshot;
  if (proxy.state === 'unknown') return [unread(proxy, clusterSubject(snapshot), expected)];
  if (proxy.value === null) return [];
  const install = proxy.value;
  return install.daemons.map((daemon) => judge(daemon, install));
}

function judge(daemon: DaemonFact, { namespace }: ProxyInstall): Finding {
  const of = subject('Pod', daemon.pod, { namespace, node: daemon.node });
  if (daemon.restarts < MANY_RESTARTS)
    return pass(of, { expected, observed: `${daemon.restarts} restarts`, why });
  const words = {
    expected,
    observed: `${daemon.restarts} restarts${daemon.lastMessage ? `; last: ${daemon.lastMessage}` : ''}`,
    why,
    fix: {
      text: 'read what the daemon said before it ended',
      command: `kubectl logs ${quote(daemon.pod)} -n ${quote(namespace)} -c proxy --previous`,
      patch: null,
    },
  };
  return daemon.ready ? warn(of, words) : fail(of, words);
}
