import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serviceEndpoint, stsEndpoint } from '../../src/model/endpoint.ts';

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
});

test('every service of a region is under the suffix of its partition', () => {
  assert.equal(serviceEndpoint('ec2', 'eu-west-1'), 'https://ec2.eu-west-1.amazonaws.com');
  assert.equal(serviceEndpoint('eks', 'cn-north-1'), 'https://eks.cn-north-1.amazonaws.com.cn');
  assert.equal(serviceEndpoint('ec2', 'eusc-de-east-1'), 'https://ec2.eusc-de-east-1.amazonaws.eu');
});
