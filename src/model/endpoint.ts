// Where AWS's services are: in a region, in whichever partition, and where the environment says instead.
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
export function configuredEndpoint(
  service: string,
  environment: Readonly<Record<string, string | undefined>>,
): ConfiguredEndpoint | null {
  if (environment['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']?.toLowerCase() === 'true') return null;
  for (const variable of [`AWS_ENDPOINT_URL_${service.toUpperCase()}`, 'AWS_ENDPOINT_URL']) {
    const url = environment[variable];
    if (url) return { url, variable };
  }
  return null;
}
