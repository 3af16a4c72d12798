// The AWS region: given, or the instance's.
import { CredentialFailure } from './credentials/types.ts';
import type { Imds } from './imds.ts';
import type { DaemonSettings } from './settings.ts';

/** @throws CredentialFailure when there is none to be had; the next call tries again */
export async function findRegion(
  settings: Pick<DaemonSettings, 'region' | 'stsEndpoint'>,
  imds: Imds,
): Promise<string> {
  if (settings.region) return settings.region;
  try {
    const { status, body } = await imds.get('/latest/meta-data/placement/region');
    const region = body.toString().trim();
    if (status === 200 && /^[a-z0-9-]+$/.test(region)) return region;
    throw new Error(`it answered ${status}`);
  } catch {
    // An endpoint of one's own has no region; signatures need some name all the same.
    if (settings.stsEndpoint) return 'us-east-1';
    throw new CredentialFailure(
      'unavailable',
      'CR006',
      'NoRegion',
      'no AWS region is known: the daemon needs --region or AWS_REGION',
    );
  }
}
