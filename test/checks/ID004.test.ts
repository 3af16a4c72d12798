import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run } from '../../src/checks/ID004.ts';
import { known, type PodTemplateFact, type Snapshot } from '../../src/model/snapshot.ts';
import {
  CONTAINER_URL,
  forbidden,
  podOf,
  proxy,
  told,
  withWorkloads,
  workload,
} from '../helpers/snapshot.ts';

const blue = workload('blue', 'blue');
const withEnv = (env: Record<string, string>, more: Partial<PodTemplateFact> = {}) =>
  workload('blue', 'blue', {
    template: {
      containers: [
        {
          ...{ name: 'app', kind: 'container', image: 'app:1' },
          env: Object.entries(env).map(([name, value]) => ({ name, value, from: 'literal' })),
          mounts: [{ name: 't', path: '/var/run/t' }],
        },
      ],
      ...more,
    },
  });
const asking = (audience: string, more: Record<string, string> = {}) =>
  withEnv(
    {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: CONTAINER_URL,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/var/run/t/token',
      ...more,
    },
    { tokens: [{ volume: 't', path: 'token', audience, expirationSeconds: 3600 }] },
  );
const judged = (of: ReturnType<typeof workload>, more: Partial<Snapshot> = {}) =>
  told(run(withWorkloads([of], more)))[0]!.replace(' Deployment/blue', '');
const tokens = { proxy: known(proxy({ args: ['--container-credentials'] }), '') };

describe('ID004', () => {
  it('passes without such variables, and looks at nobody without an annotation', () => {
    assert.equal(judged(blue), 'pass: there is none');
    assert.deepEqual(run(withWorkloads([workload('plain')])), []);
  });

  it('passes for those that lead to the daemon, by a token that it takes', () => {
    assert.equal(
      judged(asking('pod-iam.dev'), tokens),
      "pass: its SDKs ask the daemon by their pod's token (in its pod template)",
    );
  });

  it('warns of EKS Pod Identity, also where only the running pods show it', () => {
    const words = 'warn: its SDKs ask the EKS Pod Identity agent first, and get the role of its association';
    const injected = asking('pods.eks.amazonaws.com');
    assert.equal(judged(injected), `${words} (in its pod template)`);
    const pods = known([podOf(blue, 'node-1'), podOf(injected, 'node-2')], '');
    assert.equal(judged(blue, { pods }), `${words} (in its pod blue-node-2, not in its template)`);
    const gone = known([podOf(injected, 'node-2', { terminating: true })], '');
    assert.equal(judged(blue, { pods: gone }), 'pass: there is none');
    const finished = known([podOf(injected, 'node-2', { phase: 'Succeeded' })], '');
    assert.equal(judged(blue, { pods: finished }), 'pass: there is none');
  });

  it('warns of variables that lead anywhere else', () => {
    assert.equal(
      judged(withEnv({ AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials' })),
      'warn: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is /v2/credentials, where no daemon of pod-iam answers (in its pod template)',
    );
    const nobody = `warn: its SDKs ask ${CONTAINER_URL}, and no daemon takes their token there (in its pod template)`;
    assert.equal(judged(asking('pod-iam.dev')), nobody);
    assert.equal(judged(asking('elsewhere'), tokens), nobody);
  });

  it('warns where IRSA wins over them', () => {
    assert.equal(
      judged(asking('pod-iam.dev', { AWS_WEB_IDENTITY_TOKEN_FILE: '/t' }), tokens),
      'warn: container credentials, and AWS_WEB_IDENTITY_TOKEN_FILE of the container app, which wins over them (in its pod template)',
    );
  });

  it('is unknown when what decides it was not read', () => {
    const [workloads] = run(withWorkloads([], { workloads: forbidden('list Pods') }));
    assert.equal(workloads!.status, 'unknown');
    assert.match(judged(blue, { pods: forbidden('list Pods') }), /^unknown: not read \(list Pods\)/);
    assert.match(
      judged(asking('pod-iam.dev'), { proxy: forbidden('list DaemonSets') }),
      /^unknown: not read \(list DaemonSets\)/,
    );
    const file = { ...blue, source: { file: 'a.yaml', line: 1, templatePointer: '' } };
    assert.equal(judged(file, { pods: forbidden('list Pods') }), 'pass: there is none');
  });
});
