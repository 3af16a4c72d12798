// The session name that CloudTrail shows: by default it names namespace and pod.
import { type Annotations, SESSION_NAME_KEY } from './annotations.ts';

export interface NamedPod {
  namespace: string;
  name: string;
  uid: string;
  node: string | null;
  annotations: Annotations;
}

/**
 * Fills the template (or the pod's annotation) and makes it fit STS: 2 to 64 of [\w+=,.@-].
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export function sessionName(template: string, pod: NamedPod, roleName: string): string {
  const annotated = pod.annotations[SESSION_NAME_KEY]?.trim();
  const fields: Record<string, string> = {
    namespace: pod.namespace,
    pod: pod.name,
    uid: pod.uid,
    node: pod.node ?? '',
    role: roleName,
  };
  const text = annotated || template.replace(/\{(\w+)\}/g, (whole, field: string) => fields[field] ?? whole);
  return text
    .replace(/[^\w+=,.@-]/g, '-')
    .slice(0, 64)
    .padEnd(2, '-');
}
