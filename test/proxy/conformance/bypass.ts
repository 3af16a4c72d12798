// Spellings by which others have got past a proxy to the node's own credentials.
import { type Area, row } from './case.ts';
import { andForwarded } from './worlds.ts';

const CLEANED = '301';
const SENT_ON = 'forwarded';
const notSentOn = 'nothing is passed on that the real service might read as something else';

const spelt = (
  path: string,
  kube2iam: string,
  ours: string,
  why: string | null = reasonFor(kube2iam, ours),
) => row(`\`${path}\``, { kube2iam }, ours, () => andForwarded(path), why);
const reasonFor = (kube2iam: string, ours: string): string | null =>
  ours.startsWith('404') && kube2iam !== '404' ? notSentOn : null;
const asOwn = 'served as the path that it means; SDKs with an odd endpoint ask so';

export const bypasses: Area = {
  title: 'Ways round',
  cases: [
    spelt('//latest/meta-data/iam/security-credentials/', CLEANED, '200 blue', asOwn),
    spelt('/latest/meta-data//iam/security-credentials/', CLEANED, '200 blue', asOwn),
    spelt('/latest/./meta-data/iam/security-credentials/', CLEANED, '200 blue', asOwn),
    spelt('/latest/user-data/../meta-data/iam/security-credentials/', CLEANED, '200 blue', asOwn),
    spelt('/latest/meta-data/iam/security%2Dcredentials/', '200', '200 blue'),
    spelt('/latest%2Fmeta-data%2Fiam%2Fsecurity-credentials/', '200', '200 blue'),
    spelt(
      '/latest/meta-data/iam/security-credentials/%2e%2e/security-credentials/blue',
      CLEANED,
      '200 document',
      asOwn,
    ),
    spelt('/latest/meta-data/iam/security-credentials/blue%0A', '404', '404 NotFound'),
    spelt('/latest/meta-data/iam/security-credentials/blue%00', '404', '404 NotFound'),
    spelt('/LATEST/META-DATA/iam/security-credentials/', SENT_ON, '404 NotFound'),
    spelt('/../latest/meta-data/iam/security-credentials/', CLEANED, '200 blue', asOwn),
    spelt('/latest/%6deta-data/iam/security-credentials/', '200', '200 blue'),
    spelt('/2099-12-31/meta-data/iam/security-credentials/', '200', '200 blue'),
    spelt('/latest/meta-data/iam/info/../security-credentials/', CLEANED, '200 blue', asOwn),
    spelt('/latest/meta-data/iam/security-credentials//', CLEANED, '200 blue', asOwn),
    spelt('https://169.254.169.254/latest/meta-data/iam/security-credentials/', '200', '200 blue'),
    spelt(
      'http://evil.example/latest/meta-data/iam/security-credentials/',
      '200',
      '403 Forbidden',
      'the host of the request line counts as the Host header does',
    ),
    spelt(
      'http://x@169.254.169.254/latest/meta-data/iam/security-credentials/',
      '200',
      '403 Forbidden',
      'as above',
    ),
    spelt('http://169.254.169.254', CLEANED, '404 NotFound'),
    spelt('/meta-data/iam/security-credentials/', SENT_ON, '404 NotFound'),
    spelt('/latest/meta-data/iam/security-credentials%00/', SENT_ON, '404 NotFound'),
    spelt('/latest/meta-data/iam%5csecurity-credentials/', SENT_ON, '404 NotFound'),
    spelt('/latest/meta-data/iam/security-credentials.json', SENT_ON, '404 NotFound'),
    spelt('/latest/meta-data/placement/..%2f..%2fuser-data', CLEANED, '404 NotFound'),
    spelt('/latest/meta-data/placement/%252e%252e/iam/', SENT_ON, '404 NotFound'),
    spelt('/latest/USER-DATA', SENT_ON, '404 NotFound'),
    spelt('/latest/meta-data/instance-id%0d%0aX:y', SENT_ON, '404 NotFound'),
    spelt('/latest;x/meta-data/instance-id', SENT_ON, '404 NotFound'),
    spelt('/latest/meta-data/iam/security-credentials/%zz', '400', '404 NotFound'),
    spelt('/latest/meta-data/iam/security-credentials/%ff', '403', '404 NotFound'),
    spelt('/latest/meta-data/IAM/security-credentials/node', SENT_ON, '404 NotFound'),
    spelt(
      '/latest/meta-data/iam%252Fsecurity-credentials/',
      SENT_ON,
      '404 NotFound',
      'decoded once; what is still encoded is refused',
    ),
    spelt('/latest/meta-data/iam/security-credentials;x/node', SENT_ON, '404 NotFound'),
    spelt('/latest/latest/meta-data/iam/security-credentials/', SENT_ON, '404 NotFound'),
    spelt('/latest/meta-data/iam/info/../security-credentials-extended/node', SENT_ON, '404 NotFound'),
    spelt(
      '/latest/meta-data/identity-credentials/ec2/security-credentials/ec2-instance',
      SENT_ON,
      '404 NotFound',
    ),
    spelt('/latest/dynamic/../meta-data/identity-credentials/ec2/info', CLEANED, '404 NotFound'),
    spelt('http://169.254.169.254/latest/meta-data/iam/security-credentials/', '200', '200 blue'),
    spelt('/2008-02-01/meta-data/iam/security-credentials/', '200', '200 blue', null),
    spelt('/latest/meta-data/iam/security-credentials/?x=/../node', '200', '200 blue'),
  ],
};
