// What is answered to paths that are not of the pod's own credentials.
import type { Parts } from '../../../src/proxy/parts.ts';
import { passThrough } from '../../../src/proxy/routes/pass-through.ts';
import { get, passed } from './asks.ts';
import { type Area, row } from './case.ts';
import { BARE, CLOSED, NOBODY } from './worlds.ts';

const PASS_ALL = { kube2iam: 'forwarded', kiam: '404', metadataproxy: 'forwarded' };

const FOLDER =
  '200 ami-id\nhostname\niam/\nidentity-credentials/\ninstance-id\ninstance-type\nlocal-ipv4\nplacement/\nservices/';
const notListed = 'nothing asks for it that has to work in a pod';

/** The status of what is passed on when the real service answers with this one. */
async function passedOn(status: number): Promise<string> {
  const imds = { get: async () => ({ status, headers: {}, body: Buffer.alloc(0) }), close() {} };
  const parts = { settings: { allowPaths: ['*'] }, imds } as unknown as Parts;
  return String((await passThrough({ path: '/latest/meta-data/mac', name: 'meta-data/mac' }, parts)).status);
}

export const others: Area = {
  title: 'All other paths',
  cases: [
    passed('user data', '/latest/user-data', PASS_ALL, '404 NotFound', 'it often holds secrets'),
    passed(
      'user data, --allow-paths=*',
      '/latest/user-data',
      PASS_ALL,
      '404 NotFound',
      'a pattern passes it only if it names it',
      { flags: ['--allow-paths=*'] },
    ),
    passed(
      'user data, named by --allow-paths',
      '/latest/user-data',
      PASS_ALL,
      '200 secret=hunter2, forwarded',
      null,
      { flags: ['--allow-paths=user-data'] },
    ),
    passed(
      'iam/info',
      '/latest/meta-data/iam/info',
      { kube2iam: "the node's, forwarded", kiam: '404', metadataproxy: "the pod's" },
      '200 arn:aws:iam::111122223333:instance-profile/blue',
      "that of the pod's own role",
    ),
    passed(
      'iam/info with a slash behind',
      '/latest/meta-data/iam/info/',
      { kube2iam: "the node's, forwarded", metadataproxy: "the pod's" },
      '200 arn:aws:iam::111122223333:instance-profile/blue',
    ),
    passed(
      'iam/info with more behind',
      '/latest/meta-data/iam/info/x',
      { kube2iam: 'forwarded', metadataproxy: "the pod's" },
      '404 NotFound',
      'there is nothing below it',
    ),
    passed(
      'iam/info of a pod without annotation',
      '/latest/meta-data/iam/info',
      { kube2iam: "the node's, forwarded", metadataproxy: '404' },
      '404 NoRole',
      null,
      { from: BARE },
    ),
    passed(
      'iam/info of a role that STS refuses',
      '/latest/meta-data/iam/info',
      { kube2iam: "the node's, forwarded", metadataproxy: '500' },
      '403 AssumeRoleUnauthorizedAccess',
      'as the document of the role',
      { from: CLOSED },
    ),
    passed('iam/', '/latest/meta-data/iam/', PASS_ALL, '404 NotFound'),
    passed(
      'identity-credentials',
      '/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance',
      PASS_ALL,
      '404 NotFound',
      "they are the node's own",
    ),
    passed(
      'security-credentials-extended',
      '/latest/meta-data/iam/security-credentials-extended/',
      PASS_ALL,
      '404 NotFound',
      'newer SDKs ask here first; kube2iam then serves what the instance does',
    ),
    passed('the identity document', '/latest/dynamic/instance-identity/document', PASS_ALL, '200, forwarded'),
    passed(
      'its signature',
      '/latest/dynamic/instance-identity/pkcs7',
      PASS_ALL,
      '404 NotFound',
      'whoever has it can log in elsewhere as the instance',
    ),
    passed('the region', '/latest/meta-data/placement/region', PASS_ALL, '200 eu-west-1, forwarded'),
    passed(
      'the zone, with a slash behind',
      '/latest/meta-data/placement/availability-zone/',
      PASS_ALL,
      '200 eu-west-1a, forwarded',
    ),
    passed(
      'what no list names',
      '/latest/meta-data/public-keys/',
      PASS_ALL,
      '404 NotFound',
      'what is not known to be harmless is not passed',
    ),
    passed(
      'allowed by a pattern',
      '/latest/meta-data/public-keys/',
      { kiam: 'forwarded when its regexp matches' },
      '404, forwarded',
      null,
      { flags: ['--allow-paths=meta-data/public-keys*'] },
    ),
    passed(
      'the root',
      '/',
      { kube2iam: 'forwarded', kiam: '404', ec2: 'its versions' },
      '404 NotFound',
      notListed,
    ),
    passed('a version', '/latest/', { ...PASS_ALL, ec2: 'its folders' }, '404 NotFound', notListed),
    passed(
      'the folder of metadata, without its slash',
      '/latest/meta-data',
      PASS_ALL,
      `${FOLDER}, forwarded`,
    ),
    passed(
      'of a dated version',
      '/2021-07-15/meta-data/instance-id',
      PASS_ALL,
      '200 i-0123456789abcdef0, forwarded',
    ),
    passed(
      'of the first version',
      '/1.0/meta-data/instance-id',
      PASS_ALL,
      '200 i-0123456789abcdef0, forwarded',
    ),
    passed(
      'the identity document, with a slash behind',
      '/latest/dynamic/instance-identity/document/',
      PASS_ALL,
      '200, forwarded',
    ),
    passed(
      'an interruption that is not announced',
      '/latest/meta-data/spot/instance-action',
      { ...PASS_ALL, ec2: '404' },
      '404, forwarded',
    ),
    passed(
      'the state that the instance is to have',
      '/latest/meta-data/autoscaling/target-lifecycle-state',
      PASS_ALL,
      '404, forwarded',
    ),
    passed(
      "the instance's tags",
      '/latest/meta-data/tags/instance/Name',
      PASS_ALL,
      '404 NotFound',
      'some keep secrets in them',
    ),
    passed(
      'the key of EC2 Instance Connect',
      '/latest/meta-data/managed-ssh-keys/signer-cert',
      PASS_ALL,
      '404 NotFound',
      notListed,
    ),
    passed('other clouds', '/computeMetadata/v1/', { kube2iam: 'forwarded', kiam: '404' }, '404 NotFound'),
    passed(
      'a harmless path, from an address that no pod has',
      '/latest/meta-data/instance-id',
      PASS_ALL,
      '200 i-0123456789abcdef0, forwarded',
      null,
      { from: NOBODY },
    ),
    ...[
      ['403', '403', null],
      ['401', '503', "it is the daemon's own token that was refused; a pod would throw away its good one"],
    ].map(([theirs, ours, why]) =>
      row(
        `what the real service answers with ${theirs}`,
        { kube2iam: theirs!, kiam: theirs! },
        ours!,
        () => passedOn(Number(theirs)),
        why,
      ),
    ),
    passed('outside of any version', '/bar', { kube2iam: 'forwarded', kiam: '404' }, '404 NotFound'),
    get(
      '/healthz',
      '/healthz',
      { kube2iam: "200, on the pods' port", kiam: '`/ping` and `/health`' },
      '404 NotFound',
      'health and metrics are on an address that pods cannot reach',
    ),
    get('/metrics', '/metrics', { kube2iam: "200, on the pods' port" }, '404 NotFound', 'as above'),
    get('/debug/store', '/debug/store', { kube2iam: '200 with --debug, to everybody' }, '404 NotFound'),
  ],
};
