// Where AWS's services are in a region, in whichever partition.
// https://docs.aws.amazon.com/general/latest/gr/sts.html

const suffixes: readonly (readonly [region: RegExp, suffix: string])[] = [
  [/^cn-/, 'amazonaws.com.cn'],
  [/^us-iso-/, 'c2s.ic.gov'],
  [/^us-isob-/, 'sc2s.sgov.gov'],
  [/^eu-isoe-/, 'cloud.adc-e.uk'],
  [/^us-isof-/, 'csp.hci.ic.gov'],
  [/^eusc-/, 'amazonaws.eu'],
];

/** @param service as in host names, such as `sts` */
export const serviceEndpoint = (service: string, region: string): string =>
  `https://${service}.${region}.${suffixes.find(([of]) => of.test(region))?.[1] ?? 'amazonaws.com'}`;

/** The regional endpoint: the global one is far away, and its tokens are not good in every region. */
export const stsEndpoint = (region: string): string => serviceEndpoint('sts', region);
