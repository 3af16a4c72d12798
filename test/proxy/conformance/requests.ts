// Which methods and which callers are answered.
import { get, passed } from './asks.ts';
import type { Area } from './case.ts';
import { CREDENTIALS, PATHED } from './worlds.ts';

const method = (name: string, kube2iam: string, ours: string, why: string | null = null) =>
  passed(`${name} on the listing`, CREDENTIALS, { kube2iam, metadataproxy: '405' }, ours, why, {
    method: name,
  });

export const methods: Area = {
  title: 'Methods',
  cases: [
    method('HEAD', '200', '200'),
    method('POST', '200', '405 MethodNotAllowed', 'EC2 knows GET, HEAD and the PUT of a token'),
    method('PUT', '200', '405 MethodNotAllowed', 'as above'),
    method('DELETE', '200', '405 MethodNotAllowed', 'as above'),
    method('OPTIONS', '200', '405 MethodNotAllowed', 'as above'),
  ],
};

const host = (what: string, value: string, ours: string, why: string | null = null) =>
  get(what, CREDENTIALS, { kube2iam: '200', kiam: '200', metadataproxy: '200' }, ours, why, {
    headers: { host: value },
  });

export const callers: Area = {
  title: 'Who is asking',
  cases: [
    get(
      'X-Forwarded-For names another pod',
      CREDENTIALS,
      { kube2iam: 'the peer is asked for', kiam: '`?ip=` with --allow-ip-query' },
      '200 blue',
      null,
      { headers: { 'x-forwarded-for': PATHED } },
    ),
    get(
      '`?ip=` names another pod',
      `${CREDENTIALS}?ip=${PATHED}`,
      { kiam: 'that pod, with --allow-ip-query' },
      '200 blue',
      'nobody may speak for another',
    ),
    host('Host is the address', '169.254.169.254', '200 blue'),
    host('Host is the IPv6 address', '[fd00:ec2::254]', '200 blue'),
    host(
      'Host is another name',
      'evil.example',
      '403 Forbidden',
      'so that a page in a browser cannot lead its own name here (DNS rebinding)',
    ),
    get('Host is another name, --allowed-hosts', CREDENTIALS, { kube2iam: '200' }, '200 blue', null, {
      headers: { host: 'metadata.example' },
      flags: ['--allowed-hosts=metadata.example'],
    }),
  ],
};
