// What EC2 tells of the instances that are nodes: their profile, and who may ask their metadata service.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
import type { InstanceFact } from '../model/snapshot.ts';
import { refusal, type SignedCall, sendSigned } from './signed.ts';
import { allAt, type Element, parseXml, textAt } from './xml.ts';

/** As many as one filter takes. */
const PER_CALL = 200;

/** Those of the ids that the account has in the region. Throws as an SDK's client does. */
export async function describeInstances(
  to: Pick<SignedCall, 'region' | 'credentials' | 'env'>,
  ids: readonly string[],
): Promise<InstanceFact[]> {
  const found: InstanceFact[] = [];
  for (let start = 0; start < ids.length; start += PER_CALL) {
    const filter = { 'Filter.1.Name': 'instance-id', ...valuesOf(ids.slice(start, start + PER_CALL)) };
    for (let token: string | null = ''; token !== null; ) {
      const page = await ask(to, token === '' ? filter : { ...filter, NextToken: token });
      found.push(...allAt(page, 'reservationSet', 'item', 'instancesSet', 'item').flatMap(instanceFact));
      token = textAt(page, 'nextToken') || null;
    }
  }
  return found;
}

const valuesOf = (ids: readonly string[]): Record<string, string> =>
  Object.fromEntries(ids.map((id, index) => [`Filter.1.Value.${index + 1}`, id]));

async function ask(
  to: Pick<SignedCall, 'region' | 'credentials' | 'env'>,
  parameters: Record<string, string>,
): Promise<Element> {
  const words = { Action: 'DescribeInstances', Version: '2016-11-15', MaxResults: '1000', ...parameters };
  const body = String(new URLSearchParams(words));
  const { status, text } = await sendSigned({ ...to, service: 'ec2', method: 'POST', path: '/', body });
  const answer = parseXml(text);
  if (status === 200 && answer?.name === 'DescribeInstancesResponse') return answer;
  const [error = null] = [...allAt(answer, 'Errors', 'Error'), ...allAt(answer, 'Error')];
  // The encoded rest of a denial tells nothing without a right of its own to decode it.
  const message = (textAt(error, 'Message') ?? '').replace(/ ?Encoded authorization failure message:.*/s, '');
  const requestId = textAt(answer, 'RequestID') ?? textAt(answer, 'RequestId') ?? 'none';
  throw refusal(status, textAt(error, 'Code') ?? 'UnknownError', message || `HTTP ${status}`, requestId);
}

function instanceFact(item: Element): InstanceFact[] {
  const id = textAt(item, 'instanceId');
  if (id === null) return [];
  const option = (name: string): string | null => textAt(item, 'metadataOptions', name);
  return [
    {
      id,
      profile: textAt(item, 'iamInstanceProfile', 'arn'),
      metadata: {
        isOn: option('httpEndpoint') !== 'disabled',
        needsToken: option('httpTokens') === 'required',
        hopLimit: Number(option('httpPutResponseHopLimit') ?? 1),
      },
    },
  ];
}
