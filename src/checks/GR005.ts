// GR005: an instance should answer its metadata only to those with a session token, and the token should
// not reach beyond the host: the proxy stands on the host, pods do not.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html
import { type Finding, fail, pass, subject, unknown } from '../model/finding.ts';
import { instanceOf } from '../model/instance.ts';
import { type InstanceFact, type NodeFact, type Snapshot, unknownFact } from '../model/snapshot.ts';
import { clusterSubject, unread } from './shared.ts';

const expected = 'the instance asks for a session token, which goes one hop';
const why =
  "whoever gets past the proxy asks the instance itself, and is the node's role; a token that ends at the host stops it";

export function run(snapshot: Snapshot): Finding[] {
  const { nodes, aws } = snapshot;
  if (nodes.state === 'unknown') return [unread(nodes, clusterSubject(snapshot), expected, why)];
  const instances = aws.instances ?? unknownFact('the snapshot does not hold it', 'ec2:DescribeInstances');
  const asked = nodes.value.flatMap((node) => {
    const instance = instanceOf(node);
    return instance === null ? [] : [{ node, ...instance }];
  });
  if (asked.length === 0) return [];
  if (instances.state === 'unknown') return [unread(instances, clusterSubject(snapshot), expected, why)];
  const known = new Map(instances.value.map((instance) => [instance.id, instance]));
  return asked.map(({ node, id, region }) => judge(node, id, region, known.get(id)));
}

function judge(node: NodeFact, id: string, region: string, instance: InstanceFact | undefined): Finding {
  const of = subject('Node', node.name, { node: node.name });
  if (instance === undefined)
    return unknown(of, {
      expected,
      observed: `EC2 knows no ${id} in ${region} for these credentials`,
      why: 'it may be of another account',
      fix: { text: "use credentials of the nodes' account", command: null, patch: null },
    });
  const { isOn, needsToken, hopLimit } = instance.metadata;
  const evidence = [{ what: 'instance', value: id }];
  if (!isOn) return pass(of, { expected, observed: 'its metadata service is off', why, evidence });
  const faults = [
    ...(needsToken ? [] : ['it answers without a token (IMDSv1)']),
    ...(hopLimit > 1 ? [`the answer with the token goes ${hopLimit} hops`] : []),
  ];
  if (faults.length === 0)
    return pass(of, { expected, observed: 'IMDSv2 alone, hop limit 1', why, evidence });
  return fail(of, {
    expected,
    observed: faults.join(', and '),
    why,
    evidence,
    fix: {
      text: 'set it on the instance, and in the launch template of its group; the proxy, on the host, goes on working',
      command: `aws ec2 modify-instance-metadata-options --region ${region} --instance-id ${id} --http-tokens required --http-put-response-hop-limit 1`,
      patch: null,
    },
  });
}
