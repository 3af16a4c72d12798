// What is answered to paths that are not of the pod's own credentials.
import { get, passed } from './asks.ts';
import type { Area } from './case.ts';

const PASS_ALL = { kube2iam: 'forwarded', kiam: '404', metadataproxy: 'forwarded' };

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
