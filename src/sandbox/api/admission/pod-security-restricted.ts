// The rules that the Pod Security `restricted` profile adds, in the order and the words of the real plugin.
// https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
import type { Container, PodSpec, Volume } from '../defaults/pod.ts';
import { containersOf, names, plural, quoted } from './pod-security-words.ts';

interface Security {
  allowPrivilegeEscalation?: boolean;
  capabilities?: { add?: string[]; drop?: string[] };
  runAsNonRoot?: boolean;
  runAsUser?: number;
  seccompProfile?: { type?: string };
}

type Rule = (spec: PodSpec, containers: Container[]) => string | null;

export function restrictedViolations(spec: PodSpec): string[] {
  const containers = containersOf(spec);
  return rules.map((rule) => rule(spec, containers)).filter((text) => text !== null);
}

const security = (holder: { securityContext?: Record<string, unknown> }): Security =>
  holder.securityContext ?? {};

const escalation: Rule = (_spec, containers) => {
  const bad = containers.filter((container) => security(container).allowPrivilegeEscalation !== false);
  return bad.length === 0
    ? null
    : `allowPrivilegeEscalation != false (${names('container', bad)} must set securityContext.allowPrivilegeEscalation=false)`;
};

const capabilities: Rule = (_spec, containers) => {
  const extra = (container: Container): string[] =>
    (security(container).capabilities?.add ?? []).filter((each) => each !== 'NET_BIND_SERVICE');
  const keeping = containers.filter((container) => !security(container).capabilities?.drop?.includes('ALL'));
  const adding = containers.filter((container) => extra(container).length > 0);
  const added = [...new Set(adding.flatMap(extra))].sort();
  const parts = [
    ...(keeping.length > 0
      ? [`${names('container', keeping)} must set securityContext.capabilities.drop=["ALL"]`]
      : []),
    ...(adding.length > 0
      ? [
          `${names('container', adding)} must not include ${quoted(added)} in securityContext.capabilities.add`,
        ]
      : []),
  ];
  return parts.length === 0 ? null : `unrestricted capabilities (${parts.join('; ')})`;
};

const allowedVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

const volumes: Rule = (spec) => {
  const typeOf = (volume: Volume): string =>
    Object.keys(volume).find((field) => field !== 'name') ?? 'emptyDir';
  const bad = (spec.volumes ?? []).filter((volume) => !allowedVolumes.includes(typeOf(volume)));
  if (bad.length === 0) return null;
  const types = [...new Set(bad.map(typeOf))].sort();
  const verb = bad.length === 1 ? 'uses' : 'use';
  return `restricted volume types (${names('volume', bad)} ${verb} restricted volume ${plural('type', types.length)} ${quoted(types)})`;
};

const nonRoot: Rule = (spec, containers) => {
  const pod = security(spec).runAsNonRoot;
  const refusing = containers.filter((container) => security(container).runAsNonRoot === false);
  const silent = containers.filter((container) => security(container).runAsNonRoot === undefined);
  const who = [
    ...(pod === false ? ['pod'] : []),
    ...(refusing.length > 0 ? [names('container', refusing)] : []),
  ];
  if (who.length > 0)
    return `runAsNonRoot != true (${who.join(' and ')} must not set securityContext.runAsNonRoot=false)`;
  if (pod === true || silent.length === 0) return null;
  return `runAsNonRoot != true (pod or ${names('container', silent)} must set securityContext.runAsNonRoot=true)`;
};

const rootUser: Rule = (spec, containers) => {
  const bad = containers.filter((container) => security(container).runAsUser === 0);
  const who = [
    ...(security(spec).runAsUser === 0 ? ['pod'] : []),
    ...(bad.length > 0 ? [names('container', bad)] : []),
  ];
  return who.length === 0 ? null : `runAsUser=0 (${who.join(' and ')} must not set runAsUser=0)`;
};

const seccomp: Rule = (spec, containers) => {
  const typeOf = (holder: PodSpec | Container): string | undefined => security(holder).seccompProfile?.type;
  const isGood = (type: string | undefined): boolean => type === 'RuntimeDefault' || type === 'Localhost';
  const pod = typeOf(spec);
  const wrong = containers.filter(
    (container) => typeOf(container) !== undefined && !isGood(typeOf(container)),
  );
  const silent = containers.filter((container) => typeOf(container) === undefined);
  const isPodWrong = pod !== undefined && !isGood(pod);
  const who = [...(isPodWrong ? ['pod'] : []), ...(wrong.length > 0 ? [names('container', wrong)] : [])];
  if (who.length > 0) {
    const types = [...new Set([...(isPodWrong ? [pod] : []), ...wrong.map((each) => typeOf(each)!)])].sort();
    return `seccompProfile (${who.join(' and ')} must not set securityContext.seccompProfile.type to ${quoted(types)})`;
  }
  if (isGood(pod) || silent.length === 0) return null;
  return `seccompProfile (pod or ${names('container', silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`;
};

const rules: Rule[] = [escalation, capabilities, volumes, nonRoot, rootUser, seccomp];
