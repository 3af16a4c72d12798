// Where STS is, by region.
import { stsEndpoint } from '../../../src/model/endpoint.ts';
import { type Area, type Peers, row } from './case.ts';

const at = (region: string, peers: Peers, ours: string, why: string | null = null) =>
  row(`region \`${region}\``, peers, ours, async () => stsEndpoint(region), why);
const same = (url: string): Peers => ({ kube2iam: url, kiam: url });

export const endpoints: Area = {
  title: 'Where STS is',
  cases: [
    at('us-east-1', same('https://sts.us-east-1.amazonaws.com'), 'https://sts.us-east-1.amazonaws.com'),
    at('eu-west-1', same('https://sts.eu-west-1.amazonaws.com'), 'https://sts.eu-west-1.amazonaws.com'),
    at(
      'cn-north-1',
      same('https://sts.cn-north-1.amazonaws.com.cn'),
      'https://sts.cn-north-1.amazonaws.com.cn',
    ),
    at(
      'cn-northwest-1',
      same('https://sts.cn-northwest-1.amazonaws.com.cn'),
      'https://sts.cn-northwest-1.amazonaws.com.cn',
    ),
    at(
      'us-gov-east-1',
      { kiam: 'https://sts.us-gov-east-1.amazonaws.com' },
      'https://sts.us-gov-east-1.amazonaws.com',
    ),
    at(
      'us-gov-west-1',
      same('https://sts.us-gov-west-1.amazonaws.com'),
      'https://sts.us-gov-west-1.amazonaws.com',
    ),
    at(
      'us-isob-east-1',
      { kiam: 'https://sts.us-isob-east-1.sc2s.sgov.gov' },
      'https://sts.us-isob-east-1.sc2s.sgov.gov',
    ),
    at('us-iso-east-1', same('https://sts.us-iso-east-1.c2s.ic.gov'), 'https://sts.us-iso-east-1.c2s.ic.gov'),
  ],
};
