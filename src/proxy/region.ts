// The AWS region: given, or the instance's.
import { CredentialFailure } from './credentials/types.ts';
import type { Imds } from './imds.ts';
import type { DaemonSettings } from './settings.ts';

/**
 * Asks the instance at most once with success.
 * @returns a function that throws CredentialFailure when there is no region to be had yet
 */
export function regionFinder(
  settings: Pick<DaemonSettings, 'region' | 'stsEndpoint'>,
  imds: Imds,
): () => Promise<string> {
  let found = settings.region;
  return async () => {
    found ??= (await regionOf(imds)) ?? (settings.stsEndpoint ? ANY_REGION : null);
    if (found !== null) return found;
    throw new CredentialFailure(
      'unavailable',
      'CR006',
      'NoRegion',
      'no AWS region is known: the daemon needs --region or AWS_REGION',
    );
  };
}

/** An endpoint of one's own has no region; signatures need some name all the same. */
const ANY_REGION = 'us-east-1';

async function regionOf(imds: Imds): Promise<string | null> {
  try {
    const { status, body } = await imds.get('/latest/meta-data/placement/region');
    const region = body.toString().trim();
    return status === 200 && /^[a-z0-9-]+$/.test(region) ? region : null;
  } catch {
    return null;
  }
}
