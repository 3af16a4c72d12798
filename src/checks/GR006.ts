// GR006: the sessions that the daemon asks for must not be longer than the role allows, nor, where it is
// itself a session of a role, than one hour.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
import { parseSessionArn } from '../model/arn.ts';
import { daemonDefaults, parseDaemonFlags } from '../model/daemon-flags.ts';
import { parseDuration } from '../model/duration.ts';
import { type Finding, fail, pass, warn } from '../model/finding.ts';
import { quote } from '../model/shell.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { roleFact } from './AN010.ts';
import { clusterSubject, unread, workloadSubject, workloadsWithRole } from './shared.ts';

const expected = 'the session duration is within what the role allows';
const why = 'STS answers ValidationError to a longer one, and the pod gets nothing';
const CHAINED_SECONDS = 3600;

export function run(snapshot: Snapshot): Finding[] {
  const { proxy, workloads, nodeIdentities } = snapshot;
  if (workloads.state === 'unknown') return [unread(workloads, clusterSubject(snapshot), expected, why)];
  if (proxy.state === 'unknown') return [unread(proxy, clusterSubject(snapshot), expected, why)];
  if (proxy.value === null) return [];
  const seconds = secondsIn(proxy.value.args);
  const isChained =
    nodeIdentities.state === 'known' &&
    nodeIdentities.value.some((identity) => parseSessionArn(identity) !== null);
  return workloadsWithRole(snapshot).flatMap(({ workload, role }): Finding[] => {
    const fact = roleFact(role, snapshot);
    // AN010 and TP018 tell of roles that cannot be read or are not there.
    if (fact.state === 'unknown' || fact.value === null) return [];
    const of = workloadSubject(workload, { role: role.arn });
    const { maxSessionSeconds, name } = fact.value;
    const asked = isChained ? Math.min(seconds, CHAINED_SECONDS) : seconds;
    if (asked > maxSessionSeconds)
      return [
        fail(of, {
          expected,
          observed: `the daemon asks for ${seconds} s, and the role allows ${maxSessionSeconds}`,
          why,
          fix: {
            text: 'let the role allow it, or lower --session-duration',
            command: `aws iam update-role --role-name ${quote(name)} --max-session-duration ${seconds}`,
            patch: null,
          },
        }),
      ];
    if (isChained && seconds > CHAINED_SECONDS)
      return [
        warn(of, {
          expected,
          observed: `--session-duration is ${seconds} s, and a daemon that is a session of a role gets ${CHAINED_SECONDS} at most`,
          why: 'AWS caps role chaining at one hour',
          fix: { text: 'set --session-duration=1h', command: null, patch: null },
        }),
      ];
    return [pass(of, { expected, observed: `${asked} s of ${maxSessionSeconds}`, why })];
  });
}

function secondsIn(args: readonly string[]): number {
  const given = args.filter((argument) => argument.startsWith('--session-duration='));
  const text = String((given.length > 0 ? parseDaemonFlags(given) : daemonDefaults())['session-duration']);
  return Math.floor((parseDuration(text) ?? 0) / 1000);
}
