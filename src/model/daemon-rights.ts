// What the daemon's service account must be allowed, by the flags that the daemon has: the same that the
// manifests grant.
import type { DaemonValues } from './daemon-values.ts';

export interface Right {
  verb: string;
  /** API group; empty for the core. */
  group: string;
  resource: string;
}

export function rightsNeeded(values: DaemonValues): Right[] {
  const each = (group: string, resource: string, ...verbs: string[]): Right[] =>
    verbs.map((verb) => ({ verb, group, resource }));
  return [
    ...each('', 'pods', 'list', 'watch'),
    ...(values['namespace-restrictions'] === true ? each('', 'namespaces', 'list', 'watch') : []),
    ...each('', 'events', 'create'),
    ...(values['container-credentials'] === true
      ? each('authentication.k8s.io', 'tokenreviews', 'create')
      : []),
    ...(typeof values['startup-taint'] === 'string' ? each('', 'nodes', 'get', 'patch') : []),
  ];
}
