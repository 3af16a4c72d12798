// Which metadata paths pods may read: named sets, and paths of one's own. Credentials are in no set, and
// no pattern passes them; user data is in none, and passes only where it is named.
import { nearestName } from './nearest.ts';

/**
 * Paths behind the version segment; `*` stands for any characters. Of the instance's identity only the
 * document: its signatures would let a pod log in elsewhere as the instance.
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-categories.html
 */
export const PATH_PRESETS: Readonly<Record<string, readonly string[]>> = {
  /** What tells nothing secret. */
  default: [
    'meta-data/',
    'meta-data/ami-id',
    'meta-data/ami-launch-index',
    'meta-data/ami-manifest-path',
    'meta-data/ancestor-ami-ids',
    'meta-data/autoscaling/*',
    'meta-data/block-device-mapping/*',
    'meta-data/events/*',
    'meta-data/hostname',
    'meta-data/instance-action',
    'meta-data/instance-id',
    'meta-data/instance-life-cycle',
    'meta-data/instance-type',
    'meta-data/ipv6',
    'meta-data/kernel-id',
    'meta-data/local-hostname',
    'meta-data/local-ipv4',
    'meta-data/mac',
    'meta-data/network/*',
    'meta-data/placement/*',
    'meta-data/product-codes',
    'meta-data/profile',
    'meta-data/public-hostname',
    'meta-data/public-ipv4',
    'meta-data/ramdisk-id',
    'meta-data/reservation-id',
    'meta-data/security-groups',
    'meta-data/services/*',
    'meta-data/spot/*',
    'meta-data/system',
    'dynamic/fws/instance-monitoring',
    'dynamic/instance-identity/document',
  ],
  /** What SDKs ask for to find their region. */
  minimal: ['meta-data/instance-id', 'meta-data/placement/*', 'dynamic/instance-identity/document'],
  /** As kube2iam passes them, but for the node's credentials, its user data and its signed identity. */
  all: ['meta-data/*', 'dynamic/fws/*', 'dynamic/instance-identity/document'],
  none: [],
};

const names = Object.keys(PATH_PRESETS);

/** The patterns that a list of presets and paths stands for. */
export function expandPaths(entries: readonly string[]): string[] {
  return [...new Set(entries.flatMap((entry) => PATH_PRESETS[entry] ?? [entry]))];
}

/** What is wrong with the value of --allow-paths, to follow the flag's name; null when nothing is. */
export function allowPathsFault(value: string): string | null {
  const entries = splitList(value);
  if (entries.includes('none') && entries.length > 1) return 'must be "none" alone or not name it';
  const unknown = entries.find((entry) => !isPath(entry) && !names.includes(entry));
  if (unknown === undefined) return null;
  const guess = nearestName(unknown, names);
  const hint = guess === null ? '' : `; did you mean "${guess}"?`;
  return `must be made of ${names.join(', ')} and of paths ("${unknown}" is neither${hint})`;
}

/** A comma-separated value without blanks and empty entries. */
export const splitList = (value: string): string[] =>
  value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

// Presets are words, paths have folders; these are the folders themselves.
const isPath = (entry: string): boolean =>
  /[/*]/.test(entry) || ['meta-data', 'user-data', 'dynamic'].includes(entry);
