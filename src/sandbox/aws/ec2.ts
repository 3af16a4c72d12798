// What EC2 tells of instances, and IAM of the profiles by which they carry roles.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
import { judgeIdentity } from './authorize.ts';
import { AwsError, noSuchEntity } from './errors.ts';
import { authorize, nameShape, roleXml } from './iam.ts';
import { type AwsInstance, findRole } from './state.ts';
import type { Call } from './sts.ts';
import type { Xml } from './xml.ts';

/** By the filter instance-id, in pages of `MaxResults`; other filters are not known here. */
export function describeInstances(call: Call): Xml {
  const { state, caller, parameters } = call;
  const verdict = judgeIdentity(state, caller, 'ec2:DescribeInstances', '*');
  if (verdict !== 'allow')
    throw new AwsError(
      'UnauthorizedOperation',
      403,
      `You are not authorized to perform this operation. User: ${caller.arn} is not authorized to perform: ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action`,
    );
  const filter = parameters.optional('Filter.1.Name');
  if (filter !== null && filter !== 'instance-id')
    throw new AwsError('InvalidParameterValue', 400, `The filter '${filter}' is invalid`);
  const wanted = new Set(values(call, 'Filter.1.Value'));
  const found = state.instances.filter(
    ({ account, id }) => account === caller.account && (filter === null || wanted.has(id)),
  );
  const pageSize = parameters.integer('MaxResults', 1000, 5, 1000);
  const start = Number(parameters.optional('NextToken') ?? 0);
  const end = start + pageSize;
  return {
    reservationSet: found.slice(start, end).map((instance) => ({
      reservationId: `r-${instance.id.slice(2)}`,
      ownerId: instance.account,
      instancesSet: [instanceXml(call, instance)],
    })),
    nextToken: end < found.length ? String(end) : undefined,
  };
}

/** A profile holds one role, and is named after it here. */
export function getInstanceProfile(call: Call): Xml {
  const name = call.parameters.required('InstanceProfileName', { ...nameShape, max: 128 });
  authorize(call, 'iam:GetInstanceProfile', 'role', name);
  const { state, caller } = call;
  const isUsed = state.instances.some(({ account, role }) => account === caller.account && role === name);
  const role = isUsed ? findRole(state, caller.account, name) : undefined;
  if (!role) throw noSuchEntity(`Instance Profile ${name} cannot be found.`);
  return {
    InstanceProfile: {
      Path: '/',
      InstanceProfileName: name,
      Arn: profileArn(call, name),
      Roles: [roleXml(call, role)],
    },
  };
}

function instanceXml(call: Call, { id, role, tokens, hopLimit }: AwsInstance): Xml {
  return {
    instanceId: id,
    iamInstanceProfile: role === null ? undefined : { arn: profileArn(call, role) },
    metadataOptions: {
      state: 'applied',
      httpTokens: tokens,
      httpPutResponseHopLimit: hopLimit,
      httpEndpoint: 'enabled',
      httpProtocolIpv6: 'disabled',
    },
  };
}

const profileArn = ({ state, caller }: Call, name: string): string =>
  `arn:${state.partition}:iam::${caller.account}:instance-profile/${name}`;

function values({ parameters }: Call, name: string): string[] {
  const found: string[] = [];
  for (let value = parameters.optional(`${name}.1`); value !== null; ) {
    found.push(value);
    value = parameters.optional(`${name}.${found.length + 1}`);
  }
  return found;
}
