// Logs as the probe script prints them.

export const lines = (...members: Record<string, string>[]): string =>
  members.map((member) => JSON.stringify(member)).join('\n');

const step = (name: string, http: string, more: Record<string, string> = {}) => ({
  step: name,
  path: `/${name}`,
  http,
  seconds: '0.004',
  error: '',
  body: '',
  ...more,
});

export const canary = (pod: string, node: string, namespace = 'apps') =>
  step('canary', '200', {
    body: JSON.stringify({ 'pod-iam': true, version: '0.1.0', node, caller: { namespace, pod }, role: null }),
  });

/** The log of a bare pod that got nothing, from a good proxy. */
export const bareLog = (pod: string, node: string, namespace = 'apps'): string =>
  lines(
    { step: 'start', format: '1', kind: 'bare', now: '1767225600' },
    step('token', '200'),
    step('listing', '404'),
    canary(pod, node, namespace),
    step('harmless', '200', { body: 'eu-west-1a' }),
    step('listing-without-token', '401'),
    step('other-role', '404', { leaked: 'false' }),
    { step: 'end' },
  );

/** The log of a pod that got its role, from a good proxy. */
export const identityLog = (pod: string, node: string, role: string, namespace = 'apps'): string =>
  lines(
    { step: 'start', format: '1', kind: 'identity', now: '1767225600' },
    step('token', '200'),
    step('listing', '200', { body: role }),
    step('document', '200', {
      role,
      code: 'Success',
      key: 'MPLE',
      expiration: '2026-01-01T01:00:00Z',
      message: '',
    }),
    canary(pod, node, namespace),
    step('harmless', '200', { body: 'eu-west-1a' }),
    step('listing-without-token', '401'),
    step('caller', '200', {
      arn: `arn:aws:sts::111122223333:assumed-role/${role}/${namespace}.${pod}`,
      code: '',
      message: '',
    }),
    step('invented', '403', { arn: '', code: 'InvalidClientTokenId', message: 'no' }),
    step('other-role', '403', { leaked: 'false' }),
    step('extended', '404', { leaked: 'false' }),
    step('extended-role', '404', { leaked: 'false' }),
    step('iam-info', '404', { leaked: 'false' }),
    step('identity-credentials', '404', { leaked: 'false' }),
    { step: 'end' },
  );
