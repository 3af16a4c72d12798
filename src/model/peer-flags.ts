// Flags of kube2iam and kiam that the daemon does not have, and what stands in their place: who moves a
// DaemonSet over should not have to search for it.
// https://github.com/jtblin/kube2iam#options https://github.com/uswitch/kiam/blob/master/docs/TUTORIAL.md

const NOT_NEEDED = 'leave it out';
const LOGS = 'leave it out: every line of the log is JSON';
const SESSIONS = 'say how long credentials live with --session-duration; they are renewed by themselves';

/** By name; docs/moving.md tells the same at more length. */
export const PEER_FLAGS: Readonly<Record<string, string>> = {
  'backoff-max-elapsed-time': 'say how long an unknown pod is waited for with --pod-wait',
  'backoff-max-interval': 'say how long an unknown pod is waited for with --pod-wait',
  'cache-resync-period': NOT_NEEDED,
  debug: 'leave it out: /-/explain?ip=… on --admin-addr says what an address gets, and why',
  'iam-role-error-ttl': `${NOT_NEEDED}: refusals are remembered for some seconds`,
  'iam-role-session-ttl': SESSIONS,
  'log-format': LOGS,
  'metrics-port': 'metrics are on --admin-addr',
  'resolve-duplicate-cache-ips': `${NOT_NEEDED}: the newest pod at an address has it`,
  'use-regional-sts-endpoint': `${NOT_NEEDED}: STS is asked in the region`,
  verbose: 'say --log-level=debug',
  'allow-ip-query': 'nobody may ask for another address; see /-/explain?ip=… on --admin-addr',
  'allow-route-regexp': 'name the paths with --allow-paths',
  'whitelist-route-regexp': 'name the paths with --allow-paths',
  'assume-role-arn': 'let the roles trust the identity of the daemon itself',
  'disable-strict-namespace-regexp': 'write patterns that match the whole role, or say --legacy-regexp',
  host: 'say --host-ip',
  'iptables-remove': `${NOT_NEEDED}: the rule stays until it is uninstalled`,
  'json-log': LOGS,
  level: 'say --log-level',
  port: 'say --app-port',
  'role-base-arn': 'say --base-role-arn',
  'role-base-arn-autodetect': 'say --auto-discover-base-arn',
  session: 'say --session-name',
  'session-refresh': SESSIONS,
};

/** What to do instead of a flag of kube2iam or kiam, to follow "; "; null for any other flag. */
export const peerFlagHint = (name: string): string | null =>
  Object.hasOwn(PEER_FLAGS, name) ? PEER_FLAGS[name]! : null;
