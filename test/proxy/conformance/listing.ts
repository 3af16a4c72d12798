// The listing: which role a pod is told that it has.
import { get } from './asks.ts';
import { type Area, row } from './case.ts';
import { BARE, CREDENTIALS, CROSS, NOBODY, PATHED, send, world } from './worlds.ts';

const LATE = '127.26.0.30';
const LISTING = '/latest/meta-data/iam/security-credentials';

export const listing: Area = {
  title: 'The listing',
  cases: [
    get(
      'with its slash',
      CREDENTIALS,
      { kube2iam: '200 blue', kiam: '200 blue', metadataproxy: '200 blue' },
      '200 blue',
    ),
    get(
      'without its slash',
      LISTING,
      { kube2iam: '200 blue', kiam: '301', metadataproxy: 'redirect' },
      '200 blue',
      'SDKs that follow no redirect work as well',
    ),
    get(
      'of another API version',
      '/2009-04-04/meta-data/iam/security-credentials/',
      { kube2iam: '200 blue', kiam: '200 blue' },
      '200 blue',
    ),
    get(
      'of a version of numbers',
      '/1.0/meta-data/iam/security-credentials/',
      { kube2iam: '200 blue', metadataproxy: 'forwarded' },
      '200 blue',
    ),
    get(
      'of a role of another account',
      CREDENTIALS,
      { kube2iam: '200 and the ARN', kiam: '200 and the annotation' },
      '200 arn:aws:iam::999999999999:role/x/cross',
      null,
      { from: CROSS },
    ),
    get(
      'of a role with a path',
      CREDENTIALS,
      { kube2iam: '200 team/green', kiam: '200 team/green' },
      '200 team/green',
      null,
      { from: PATHED },
    ),
    get(
      'of a pod without annotation',
      CREDENTIALS,
      { kube2iam: '404, or an empty 200', kiam: '404', metadataproxy: '404' },
      '404 NoRole',
      null,
      { from: BARE },
    ),
    get(
      'from an address that no pod has',
      CREDENTIALS,
      { kube2iam: '404 after 2 to 2.7 s', kiam: '500 after 4 to 5 s', metadataproxy: '404' },
      '404 UnknownCaller',
      'within --pod-wait, 900 ms by default: SDKs give up after a second',
      { from: NOBODY },
    ),
    row(
      'from a pod that is seen while its request waits',
      { kube2iam: '200 at its next look, up to a second later', kiam: '200 at its next look' },
      '200 blue',
      async () => {
        const one = await world();
        const asked = one.get(LATE, CREDENTIALS);
        setTimeout(() => one.pod('late', { ip: LATE, role: 'blue' }), 50);
        const { status, body } = await asked;
        one.removePod('late');
        return `${status} ${body}`;
      },
      'the watch wakes the request',
    ),
    row(
      'its content type, and its end',
      { kube2iam: 'text/plain, no newline', kiam: 'text/plain, no newline' },
      'text/plain, no newline',
      async () => {
        const { headers, body } = await send(CREDENTIALS);
        return `${headers['content-type']}, ${body.endsWith('\n') ? 'newline' : 'no newline'}`;
      },
    ),
    row('the Server header', { kube2iam: 'EC2ws', ec2: 'EC2ws' }, 'EC2ws', async () =>
      String((await send(CREDENTIALS)).headers['server']),
    ),
  ],
};
