// Where AWS's services are: in a region, in whichever partition, and where the environment says instead.
// https://docs.aws.amazon.com/general/latest/gr/sts.html

const PARTITIONS: readonly (readonly [region: RegExp, suffix: string, dualStackSuffix: string])[] = [
  [/^cn-/, 'amazonaws.com.cn', 'api.amazonwebservices.com.cn'],
  [/^us-iso-/, 'c2s.ic.gov', 'api.aws.ic.gov'],
  [/^us-isob-/, 'sc2s.sgov.gov', 'api.aws.scloud'],
  [/^eu-isoe-/, 'cloud.adc-e.uk', 'api.cloud-aws.adc-e.uk'],
  [/^us-isof-/, 'csp.hci.ic.gov', 'api.aws.hci.ic.gov'],
  [/^eusc-/, 'amazonaws.eu', 'api.amazonwebservices.eu'],
  [/^/, 'amazonaws.com', 'api.aws'],
];

type Environment = Readonly<Record<string, string | undefined>>;

const suffixesOf = (region: string) => PARTITIONS.find(([of]) => of.test(region))!;

/** @param service as in host names, such as `sts` */
export const serviceEndpoint = (service: string, region: string): string =>
  `https://${service}.${region}.${suffixesOf(region)[1]}`;

/**
 * The regional endpoint: the global one is far away, and its tokens are not good in every region. Where the
 * environment says so, the one that is validated by FIPS 140, or that has addresses of both families.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html
 */
export function stsEndpoint(region: string, environment: Environment = {}): string {
  const isFips = isOn(environment['AWS_USE_FIPS_ENDPOINT']);
  const [, , dualStackSuffix] = suffixesOf(region);
  if (isOn(environment['AWS_USE_DUALSTACK_ENDPOINT']))
    return `https://sts${isFips ? '-fips' : ''}.${region}.${dualStackSuffix}`;
  // GovCloud's ordinary one is validated itself, and has no other name.
  return serviceEndpoint(isFips && !region.startsWith('us-gov-') ? 'sts-fips' : 'sts', region);
}

const isOn = (value: string | undefined): boolean => value?.toLowerCase() === 'true';

export interface ConfiguredEndpoint {
  url: string;
  /** The variable that says it. */
  variable: string;
}

/**
 * The endpoint of a service that the environment names, as the SDKs read it: the service's own variable
 * before the common one. Null when it names none, or says to ignore what it names.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 * @param service as in host names, such as `sts`
 */
export function configuredEndpoint(service: string, environment: Environment): ConfiguredEndpoint | null {
  if (isOn(environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'])) return null;
  for (const variable of [`AWS_ENDPOINT_URL_${service.toUpperCase()}`, 'AWS_ENDPOINT_URL']) {
    const url = environment[variable];
    if (url) return { url, variable };
  }
  return null;
}
