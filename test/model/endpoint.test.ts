import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configuredEndpoint, serviceEndpoint, stsEndpoint } from '../../src/model/endpoint.ts';

describe('the endpoint of STS', () => {
  for (const [region, url] of [
    ['eu-west-1', 'https://sts.eu-west-1.amazonaws.com'],
    ['us-gov-east-1', 'https://sts.us-gov-east-1.amazonaws.com'],
    ['cn-northwest-1', 'https://sts.cn-northwest-1.amazonaws.com.cn'],
    ['us-iso-east-1', 'https://sts.us-iso-east-1.c2s.ic.gov'],
    ['us-isob-east-1', 'https://sts.us-isob-east-1.sc2s.sgov.gov'],
    ['eu-isoe-west-1', 'https://sts.eu-isoe-west-1.cloud.adc-e.uk'],
    ['eusc-de-east-1', 'https://sts.eusc-de-east-1.amazonaws.eu'],
  ] as const)
    test(`in ${region} is ${url}`, () => assert.equal(stsEndpoint(region), url));

  // As botocore 1.44.8 resolves them.
  for (const [region, fips, dualStack, url] of [
    ['us-east-1', 'true', '', 'https://sts-fips.us-east-1.amazonaws.com'],
    ['us-gov-west-1', 'true', '', 'https://sts.us-gov-west-1.amazonaws.com'],
    ['us-gov-west-1', 'TRUE', 'true', 'https://sts-fips.us-gov-west-1.api.aws'],
    ['eu-west-1', 'false', 'True', 'https://sts.eu-west-1.api.aws'],
    ['cn-north-1', '', 'true', 'https://sts.cn-north-1.api.amazonwebservices.com.cn'],
    ['us-iso-east-1', 'true', 'no', 'https://sts-fips.us-iso-east-1.c2s.ic.gov'],
  ] as const)
    test(`in ${region} with FIPS "${fips}" and dual stack "${dualStack}" is ${url}`, () =>
      assert.equal(
        stsEndpoint(region, { AWS_USE_FIPS_ENDPOINT: fips, AWS_USE_DUALSTACK_ENDPOINT: dualStack }),
        url,
      ));
});

test('every service of a region is under the suffix of its partition', () => {
  assert.equal(serviceEndpoint('ec2', 'eu-west-1'), 'https://ec2.eu-west-1.amazonaws.com');
  assert.equal(serviceEndpoint('eks', 'cn-north-1'), 'https://eks.cn-north-1.amazonaws.com.cn');
  assert.equal(serviceEndpoint('ec2', 'eusc-de-east-1'), 'https://ec2.eusc-de-east-1.amazonaws.eu');
});

describe('an endpoint from the environment', () => {
  const all = { AWS_ENDPOINT_URL: 'http://all' };
  const own = { AWS_ENDPOINT_URL_STS: 'http://sts' };

  test('is none when no variable names one', () => {
    assert.equal(configuredEndpoint('sts', {}), null);
    assert.equal(
      configuredEndpoint('sts', { AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_EC2: 'http://ec2' }),
      null,
    );
  });

  test("is the service's own before the one for all, and says which variable it is", () => {
    assert.deepEqual(configuredEndpoint('sts', { ...all, ...own }), {
      url: 'http://sts',
      variable: 'AWS_ENDPOINT_URL_STS',
    });
    const common = { url: 'http://all', variable: 'AWS_ENDPOINT_URL' };
    assert.deepEqual(configuredEndpoint('ec2', { ...all, ...own }), common);
    assert.deepEqual(configuredEndpoint('sts', { ...all, AWS_ENDPOINT_URL_STS: '' }), common);
  });

  for (const [ignore, isIgnored] of [
    ['true', true],
    ['TRUE', true],
    ['false', false],
    ['', false],
  ] as const)
    test(`AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=${ignore} ${isIgnored ? 'hides' : 'leaves'} it`, () => {
      const environment = { ...all, ...own, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: ignore };
      assert.equal(configuredEndpoint('sts', environment) === null, isIgnored);
    });
});
