// An AWS of which only what a test gives may be asked.
import assert from 'node:assert/strict';
import type { Aws } from '../../src/aws/aws.ts';

export function onlyAws(given: Partial<Aws>): Aws {
  const unasked = (call: string) => async (): Promise<never> => assert.fail(`${call} was not to be called`);
  return {
    region: null,
    caller: unasked('caller'),
    role: unasked('role'),
    roles: unasked('roles'),
    roleNames: unasked('roleNames'),
    user: unasked('user'),
    oidcProviders: unasked('oidcProviders'),
    rolePolicies: unasked('rolePolicies'),
    simulate: unasked('simulate'),
    instances: unasked('instances'),
    nodeAccessEntries: unasked('nodeAccessEntries'),
    profileRole: unasked('profileRole'),
    trustPolicyQuota: unasked('trustPolicyQuota'),
    tryRole: unasked('tryRole'),
    updateTrustPolicy: unasked('updateTrustPolicy'),
    ...given,
  };
}
