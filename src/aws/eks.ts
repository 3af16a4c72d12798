// The roles that nodes join a cluster of EKS with, as its access entries name them.
// https://docs.aws.amazon.com/eks/latest/APIReference/API_DescribeAccessEntry.html
import { parseRoleArn } from '../model/arn.ts';
import type { AwsCall } from './errors.ts';
import { refusal, type SignedCall, sendSigned } from './signed.ts';

type To = Pick<SignedCall, 'region' | 'credentials' | 'env'>;
type Asking = <T>(call: AwsCall, ask: () => Promise<T>) => Promise<T>;

/** The standard type, STANDARD, is for people and programs. */
const OF_NODES = /^(?:EC2|EC2_LINUX|EC2_WINDOWS|HYBRID_LINUX|HYPERPOD_LINUX)$/;

/** Sorted ARNs. @throws Problem by `asking` */
export async function readNodeEntries(to: To, cluster: string, asking: Asking): Promise<string[]> {
  const resource = `arn:aws:eks:${to.region}:*:cluster/${cluster}`;
  const list = { action: 'eks:ListAccessEntries', subject: `cluster ${cluster}`, resource };
  const base = `/clusters/${encodeURIComponent(cluster)}/access-entries`;
  const arns = await asking(list, () => listEntries(to, base));
  const types = await Promise.all(
    arns
      .filter((arn) => parseRoleArn(arn) !== null)
      .map((arn) => {
        const call = {
          ...list,
          action: 'eks:DescribeAccessEntry',
          resource: resource.replace('cluster', 'access-entry'),
        };
        return asking(call, async () => {
          const { accessEntry } = (await get(to, `${base}/${encodeURIComponent(arn)}`)) as {
            accessEntry?: { type?: string };
          };
          return OF_NODES.test(accessEntry?.type ?? '') ? [arn] : [];
        });
      }),
  );
  return types.flat().sort();
}

async function listEntries(to: To, path: string): Promise<string[]> {
  const found: string[] = [];
  for (let token: string | undefined = ''; token !== undefined; ) {
    const page = (await get(to, path, { maxResults: '100', ...(token !== '' && { nextToken: token }) })) as {
      accessEntries?: string[];
      nextToken?: string;
    };
    found.push(...(page.accessEntries ?? []));
    token = page.nextToken || undefined;
  }
  return found;
}

async function get(to: To, path: string, query: Record<string, string> = {}): Promise<unknown> {
  const { status, text, headers } = await sendSigned({ ...to, service: 'eks', method: 'GET', path, query });
  const answer = readJson(text);
  if (status === 200 && answer !== null) return answer;
  const code = (headers.get('x-amzn-errortype') ?? answer?.['__type'] ?? 'UnknownError').split(':')[0]!;
  const requestId = headers.get('x-amzn-requestid') ?? 'none';
  throw refusal(status, code, answer?.['message'] ?? `HTTP ${status}`, requestId);
}

function readJson(text: string): Record<string, string> | null {
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    return null;
  }
}
