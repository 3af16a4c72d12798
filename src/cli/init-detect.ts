// Lets the wizard look around: a cluster or an AWS account that cannot be reached leaves more to ask, and
// is no error unless somebody has named it.
import type { Kube } from '../cluster/kube.ts';
import { Problem } from '../model/problem.ts';
import type { Progress } from '../model/progress.ts';
import type { Detected } from '../wizard/detected.ts';
import type { Origin } from './config.ts';
import { connect, connectToAws } from './connect.ts';

interface DetectFlags {
  cluster: boolean;
  aws: boolean;
  kubeconfig?: string | undefined;
  context?: string | undefined;
  namespace?: string | undefined;
  profile?: string | undefined;
  region?: string | undefined;
  'system-namespace': string;
}

/** What cluster and AWS tell the wizard; what cannot be read is a note. @throws Problem for a cluster that was named and cannot be read */
export async function detectAround(
  flags: DetectFlags & Record<string, unknown>,
  origins: Readonly<Record<string, Origin>>,
  progress: Progress,
): Promise<Detected> {
  const { detect } = await import('../wizard/detect.ts');
  const aws = flags.aws ? await connectToAws(flags) : null;
  const look = (kube: Kube | null): Promise<Detected> =>
    detect({
      kube,
      aws,
      systemNamespace: flags['system-namespace'],
      roleKey: flags['iam-role-key'] as string | undefined,
      externalIdKey: flags['iam-external-id'] as string | undefined,
      progress,
    });
  if (!flags.cluster) return look(null);
  try {
    return await look(await connect(flags));
  } catch (error) {
    const isNamed =
      origins.kubeconfig !== 'default' || origins.context !== 'default' || origins.cluster !== 'default';
    if (!(error instanceof Problem) || isNamed) throw error;
    const found = await look(null);
    return { ...found, notes: [`no cluster was looked at: ${error.message}`, ...found.notes] };
  }
}
