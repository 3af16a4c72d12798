import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { templateFact } from '../../../src/cluster/facts/template.ts';
import { readAsking } from '../../../src/model/container-ask.ts';
import { containerCredentialsPod } from '../../helpers/doc-snippet.ts';

describe('a pod template', () => {
  it('tells of its projected tokens, with the defaults of Kubernetes, and of no other volume', () => {
    const volumes = [
      { name: 'config', configMap: { name: 'config' } },
      { name: 'empty', projected: {} },
      {
        name: 'tokens',
        projected: {
          sources: [
            { configMap: { name: 'ca' } },
            { serviceAccountToken: { path: 'api' } },
            { serviceAccountToken: { path: 'aws', audience: 'pod-iam.dev', expirationSeconds: 600 } },
          ],
        },
      },
    ];
    assert.deepEqual(templateFact({ spec: { volumes } }).tokens, [
      { volume: 'tokens', path: 'api', audience: null, expirationSeconds: 3600 },
      { volume: 'tokens', path: 'aws', audience: 'pod-iam.dev', expirationSeconds: 600 },
    ]);
    assert.deepEqual(templateFact({}).tokens, []);
  });

  it('of the container credentials page asks by its token', () => {
    const pod = containerCredentialsPod({
      ...{ name: 'orders', namespace: 'shop', role: 'orders', image: 'app:1', command: [] },
    });
    const { sources, ask } = readAsking(templateFact(pod as Parameters<typeof templateFact>[0]));
    assert.deepEqual(sources, ['container']);
    assert.deepEqual(ask, {
      url: 'http://169.254.170.23/v1/credentials',
      token: {
        ...{ kind: 'projected', volume: 'pod-iam-token', path: 'token' },
        ...{ audience: 'pod-iam.dev', expirationSeconds: 3600 },
      },
    });
  });
});
