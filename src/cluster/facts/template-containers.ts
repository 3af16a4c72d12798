// The containers that a DaemonSet or a Deployment makes pods of.
import type { KubeObject } from '../kube.ts';

export interface TemplateContainer {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  envFrom?: { secretRef?: { name: string } }[];
}

/** As the API server shows them, without the init containers; empty for an object without a pod template. */
export function templateContainers({ spec }: KubeObject): TemplateContainer[] {
  const { template } = (spec ?? {}) as { template?: { spec?: { containers?: TemplateContainer[] } } };
  return template?.spec?.containers ?? [];
}
