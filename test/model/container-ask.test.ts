import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readAsking } from '../../src/model/container-ask.ts';
import type { ContainerFact } from '../../src/model/snapshot.ts';
import { template } from '../helpers/snapshot.ts';

const URL = 'http://169.254.170.23/v1/credentials';
const FOLDER = '/var/run/secrets/pod-iam.dev';
const tokens = [{ volume: 'pod-iam-token', path: 'token', audience: 'pod-iam.dev', expirationSeconds: 3600 }];

const container = (env: Record<string, string | null>, more: Partial<ContainerFact> = {}): ContainerFact => ({
  name: 'app',
  kind: 'container',
  image: 'app:1',
  env: Object.entries(env).map(([name, value]) => ({
    name,
    value,
    from: value === null ? 'secret' : 'literal',
  })),
  mounts: [{ name: 'pod-iam-token', path: FOLDER }],
  ...more,
});
const asking = (more: Partial<ContainerFact> = {}) =>
  container(
    { AWS_CONTAINER_CREDENTIALS_FULL_URI: URL, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: `${FOLDER}/token` },
    more,
  );
const read = (...containers: ContainerFact[]) => readAsking(template({ containers, tokens }));
const plain = container({}, { name: 'plain' });

describe('how a pod asks', () => {
  it('is at the metadata address unless a variable says otherwise', () => {
    assert.deepEqual(read(plain), { sources: ['imds'], ask: null });
    assert.deepEqual(readAsking(template({ containers: [] })), { sources: ['imds'], ask: null });
    assert.deepEqual(read(asking({ kind: 'init' }), plain), { sources: ['imds'], ask: null });
  });

  it('is by the projected token whose file the variable names', () => {
    const { sources, ask } = read(asking());
    assert.deepEqual(sources, ['container']);
    assert.deepEqual(ask, { url: URL, token: { kind: 'projected', ...tokens[0]! } });
  });

  it("holds for EKS's agent and for IPv6", () => {
    for (const url of [
      URL,
      'http://169.254.170.23:80/v1/credentials',
      'http://[fd00:ec2::23]/v1/credentials',
    ]) {
      const { ask } = read(container({ AWS_CONTAINER_CREDENTIALS_FULL_URI: url }));
      assert.deepEqual(ask, { url, token: { kind: 'none' } });
    }
  });

  it('is open where its variables lead anywhere else: no other pod can ask there', () => {
    for (const url of [
      'http://localhost:1338/creds',
      'http://169.254.170.2/v2',
      'http://169x254.170.23/v1',
      'http://169.254.170.23/v1"\nurl = "http://example.com',
      'https://169.254.170.23/v1/credentials',
      null,
    ]) {
      const { sources, ask } = read(container({ AWS_CONTAINER_CREDENTIALS_FULL_URI: url }));
      assert.deepEqual(sources, ['container']);
      assert.deepEqual(ask?.token, {
        kind: 'other',
        why: 'AWS_CONTAINER_CREDENTIALS_FULL_URI leads its SDKs to credentials of its own',
      });
    }
    const both = container({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: URL,
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/x',
    });
    assert.equal(read(both).ask?.url, '/v2/x');
  });

  it('is both where some containers do and some do not', () => {
    assert.deepEqual(read(plain, asking()).sources, ['container', 'imds']);
  });

  it('tells a missing token from one that no other pod can have', () => {
    const uri = { AWS_CONTAINER_CREDENTIALS_FULL_URI: URL };
    assert.deepEqual(read(container(uri)).ask?.token, { kind: 'none' });
    const why = (one: ContainerFact) => {
      const token = read(one).ask?.token;
      return token?.kind === 'other' ? token.why : token;
    };
    assert.equal(
      why(container({ ...uri, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/etc/token' })),
      'its token file /etc/token is no projected token',
    );
    assert.equal(
      why(container({ ...uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: null })),
      'its token is the value of a variable',
    );
    assert.equal(
      why(asking({ mounts: [{ name: 'another', path: FOLDER }] })),
      `its token file ${FOLDER}/token is no projected token`,
    );
  });

  it('is open where its containers ask with different tokens', () => {
    const { sources, ask } = read(asking(), container({ AWS_CONTAINER_CREDENTIALS_FULL_URI: URL }));
    assert.deepEqual(sources, ['container']);
    assert.deepEqual(ask?.token, {
      kind: 'other',
      why: 'its containers ask with different tokens, or at different addresses',
    });
  });
});
