// The rules of the Pod Security `baseline` profile that manifests run into, in the order and the words of
// the real admission plugin. AppArmor, procMount, sysctls and Windows host processes are not looked at.
// https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline
import type { Container, PodSpec } from '../defaults/pod.ts';
import { containersOf, names, plural, quoted } from './pod-security-words.ts';

export interface Violation {
  text: string;
  /** The restricted profile has a rule of its own for the same field, which then speaks instead. */
  isStricterInRestricted: boolean;
}

interface Security {
  privileged?: boolean;
  capabilities?: { add?: string[]; drop?: string[] };
  seccompProfile?: { type?: string };
  seLinuxOptions?: { type?: string; user?: string; role?: string };
}

type Rule = (spec: PodSpec, containers: Container[]) => string | null;

export function baselineViolations(spec: PodSpec): Violation[] {
  const containers = containersOf(spec);
  return rules.flatMap(([rule, isStricterInRestricted]) => {
    const text = rule(spec, containers);
    return text === null ? [] : [{ text, isStricterInRestricted }];
  });
}

const security = (holder: { securityContext?: Record<string, unknown> }): Security =>
  holder.securityContext ?? {};

const defaultCapabilities = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);

const capabilities: Rule = (_spec, containers) => {
  const extra = (container: Container): string[] =>
    (security(container).capabilities?.add ?? []).filter((each) => !defaultCapabilities.has(each));
  const bad = containers.filter((container) => extra(container).length > 0);
  if (bad.length === 0) return null;
  const added = [...new Set(bad.flatMap(extra))].sort();
  return `non-default capabilities (${names('container', bad)} must not include ${quoted(added)} in securityContext.capabilities.add)`;
};

const hostNamespaces: Rule = (spec) => {
  const set = ['hostNetwork', 'hostPID', 'hostIPC'].filter((field) => spec[field] === true);
  return set.length === 0 ? null : `host namespaces (${set.map((field) => `${field}=true`).join(', ')})`;
};

const hostPaths: Rule = (spec) => {
  const bad = (spec.volumes ?? []).filter(({ hostPath }) => hostPath);
  return bad.length === 0 ? null : `hostPath volumes (${names('volume', bad)})`;
};

const hostPorts: Rule = (_spec, containers) => {
  const portsOf = ({ ports }: Container): number[] => (ports ?? []).flatMap(({ hostPort }) => hostPort || []);
  const bad = containers.filter((container) => portsOf(container).length > 0);
  if (bad.length === 0) return null;
  const ports = [...new Set(bad.flatMap(portsOf))].sort((a, b) => a - b);
  const verb = bad.length === 1 ? 'uses' : 'use';
  return `hostPort (${names('container', bad)} ${verb} ${plural('hostPort', ports.length)} ${ports.join(', ')})`;
};

// Since Kubernetes 1.34.
const probeHosts: Rule = (_spec, containers) => {
  const hostsOf = (container: Container): string[] => {
    const lifecycle = (container['lifecycle'] ?? {}) as Record<string, unknown>;
    const { livenessProbe, readinessProbe, startupProbe } = container;
    return [
      livenessProbe,
      readinessProbe,
      startupProbe,
      lifecycle['postStart'],
      lifecycle['preStop'],
    ].flatMap((handler) => {
      const { httpGet, tcpSocket } = (handler ?? {}) as Record<string, { host?: string } | undefined>;
      return [httpGet?.host, tcpSocket?.host].filter((host): host is string => Boolean(host));
    });
  };
  const bad = containers.filter((container) => hostsOf(container).length > 0);
  if (bad.length === 0) return null;
  const hosts = [...new Set(bad.flatMap(hostsOf))].sort();
  const verb = bad.length === 1 ? 'uses' : 'use';
  return `probe or lifecycle host (${names('container', bad)} ${verb} probe or lifecycle ${plural('host', hosts.length)} ${quoted(hosts)})`;
};

const privileged: Rule = (_spec, containers) => {
  const bad = containers.filter((container) => security(container).privileged === true);
  return bad.length === 0
    ? null
    : `privileged (${names('container', bad)} must not set securityContext.privileged=true)`;
};

const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];

const seLinux: Rule = (spec, containers) => {
  const isBad = (options: Security['seLinuxOptions']): boolean =>
    options !== undefined &&
    (!seLinuxTypes.includes(options.type ?? '') || Boolean(options.user) || Boolean(options.role));
  const badContainers = containers.filter((container) => isBad(security(container).seLinuxOptions));
  const isPodBad = isBad(security(spec).seLinuxOptions);
  if (!isPodBad && badContainers.length === 0) return null;
  const all = [...(isPodBad ? [spec] : []), ...badContainers].map(
    (holder) => security(holder).seLinuxOptions!,
  );
  const types = [
    ...new Set(all.map(({ type }) => type ?? '').filter((type) => !seLinuxTypes.includes(type))),
  ].sort();
  const what = [
    ...(types.length > 0 ? [`${plural('type', types.length)} ${quoted(types)}`] : []),
    ...(all.some(({ user }) => user) ? ['user may not be set'] : []),
    ...(all.some(({ role }) => role) ? ['role may not be set'] : []),
  ];
  const who = [
    ...(isPodBad ? ['pod'] : []),
    ...(badContainers.length > 0 ? [names('container', badContainers)] : []),
  ];
  return `seLinuxOptions (${who.join(' and ')} set forbidden securityContext.seLinuxOptions: ${what.join('; ')})`;
};

const seccomp: Rule = (spec, containers) => {
  const isBad = (holder: PodSpec | Container): boolean =>
    security(holder).seccompProfile?.type === 'Unconfined';
  const bad = containers.filter(isBad);
  const who = [...(isBad(spec) ? ['pod'] : []), ...(bad.length > 0 ? [names('container', bad)] : [])];
  return who.length === 0
    ? null
    : `seccompProfile (${who.join(' and ')} must not set securityContext.seccompProfile.type to "Unconfined")`;
};

const rules: [rule: Rule, isStricterInRestricted: boolean][] = [
  [capabilities, true],
  [hostNamespaces, false],
  [hostPaths, true],
  [hostPorts, false],
  [probeHosts, false],
  [privileged, false],
  [seLinux, false],
  [seccomp, true],
];
