import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { readBundle } from '../../src/manifests/bundle.ts';
import { cleanupDaemonSet } from '../../src/manifests/daemonset.ts';
import { installObjects } from '../../src/manifests/objects.ts';
import { helmFiles, kustomizeFiles, toYaml } from '../../src/manifests/print.ts';
import { checkValues, defaultValues, type InstallValues, type Manifest } from '../../src/manifests/values.ts';
import { parseDaemonFlags } from '../../src/model/daemon-flags.ts';
import { rightsNeeded } from '../../src/model/daemon-rights.ts';
import { assertGolden } from '../helpers/golden.ts';

const bundle = { gzip: Buffer.from('gzip'), loader: '// loader\n', hash: '0123456789' };
const values = (more: Partial<InstallValues> = {}): InstallValues => ({ ...defaultValues('1.2.3'), ...more });

interface Pod {
  containers: {
    name: string;
    image: string;
    command: string[];
    args: string[];
    env: { name: string }[];
    envFrom?: object[];
    securityContext: { capabilities: { drop: string[]; add?: string[] }; privileged?: boolean };
    volumeMounts: { name: string; mountPath: string; readOnly?: boolean }[];
  }[];
  volumes: { name: string; hostPath?: { path: string } }[];
  hostPID?: boolean;
}
const podOf = (manifest: Manifest): Pod => (manifest.spec as { template: { spec: Pod } }).template.spec;
const daemonPod = (more: Partial<InstallValues> = {}): Pod =>
  podOf(installObjects(values(more), bundle).at(-1)!);
const container = (pod: Pod, name: string) => pod.containers.find((one) => one.name === name)!;

describe('the objects of an installation', () => {
  it('are these, in this order, to the byte', async () => {
    assertGolden('manifests/default.yaml', await toYaml(installObjects(values(), bundle)));
  });

  it('grant the right to lift the start-up taint only when it is to be lifted, and guard it', () => {
    const objects = (...flags: string[]) =>
      installObjects(values({ daemon: parseDaemonFlags(flags) }), bundle).map(({ kind, rules }) => ({
        kind,
        resources: (rules as { resources: string[] }[] | undefined)?.flatMap(({ resources }) => resources),
      }));
    const plain = objects();
    const lifting = objects('--startup-taint=pod-iam.dev/agent-not-ready');
    assert.deepEqual(
      lifting.map(({ kind }) => kind).filter((kind) => !plain.some((one) => one.kind === kind)),
      ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
    );
    const granted = (all: typeof plain) => all.find(({ kind }) => kind === 'ClusterRole')!.resources;
    assert.deepEqual(granted(plain), ['pods', 'events']);
    assert.deepEqual(granted(lifting), ['pods', 'events', 'nodes']);
    assert.deepEqual(granted(objects('--namespace-restrictions')), ['pods', 'namespaces', 'events']);
  });

  it('grant what the doctor asks of the daemon, and no more', () => {
    for (const flags of [
      [],
      ['--namespace-restrictions'],
      ['--container-credentials', '--startup-taint=example.com/wait', '--node=n'],
    ]) {
      const daemon = parseDaemonFlags(flags);
      const role = installObjects(values({ daemon }), bundle).find(({ kind }) => kind === 'ClusterRole');
      const { rules } = role as unknown as {
        rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
      };
      const granted = rules.flatMap(({ apiGroups, resources, verbs }) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource} ${apiGroups[0]}`)),
      );
      const needed = rightsNeeded(daemon).map(({ verb, group, resource }) => `${verb} ${resource} ${group}`);
      assert.deepEqual(granted.sort(), needed.sort());
    }
  });

  it('grant token reviews, and tell the redirect, only with the container credentials', () => {
    const of = (...flags: string[]) => {
      const objects = installObjects(values({ daemon: parseDaemonFlags(flags) }), bundle);
      const role = objects.find(({ kind }) => kind === 'ClusterRole') as unknown as { rules: object[] };
      return { rules: role.rules, args: container(podOf(objects.at(-1)!), 'redirect').args };
    };
    const plain = of();
    const on = of('--container-credentials');
    assert.deepEqual(
      on.rules.filter((rule) => !plain.rules.some((one) => JSON.stringify(one) === JSON.stringify(rule))),
      [{ apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] }],
    );
    assert.deepEqual(
      on.args.filter((arg) => !plain.args.includes(arg)),
      ['--container-credentials'],
    );
  });

  it('are these for the clean-up', async () => {
    assertGolden('manifests/cleanup.yaml', await toYaml([cleanupDaemonSet(values(), bundle)]));
  });

  it('hand every flag that was given on to the daemon, and the redirect its own', () => {
    const daemon = parseDaemonFlags([
      '--base-role-arn=arn:aws:iam::111122223333:role/',
      '--namespace-restrictions',
      '--app-port=9000',
      '--metadata-addr=169.254.169.254',
      '--iptables',
      '--log-level=debug',
    ]);
    const pod = daemonPod({ daemon });
    assert.deepEqual(container(pod, 'proxy').args, [
      '--app-port=9000',
      '--node=$(NODE_NAME)',
      '--host-ip=$(HOST_IP)',
      '--redirect=required',
      '--base-role-arn=arn:aws:iam::111122223333:role/',
      '--namespace-restrictions',
      '--log-level=debug',
    ]);
    assert.deepEqual(container(pod, 'redirect').args, [
      'redirect',
      '--host-ip=$(HOST_IP)',
      '--app-port=9000',
      '--metadata-addr=169.254.169.254',
      '--anti-spoof=auto',
      '--log-level=debug',
      '--host-root=/host',
      '--cni-results=/var/lib/cni/results',
      '--state-dir=/run/pod-iam',
    ]);
  });

  it("show the redirect the network plugin's records unless it guards nothing by them", () => {
    const mounts = (flag: string) => {
      const pod = daemonPod({ daemon: parseDaemonFlags([flag]) });
      return (
        pod.volumes.filter(({ name }) => name === 'cni').length +
        container(pod, 'redirect').volumeMounts.filter(({ name }) => name === 'cni').length
      );
    };
    assert.equal(mounts('--anti-spoof=required'), 2);
    assert.equal(mounts('--anti-spoof=off'), 0);
  });

  it('give no container more than it needs', () => {
    const pod = daemonPod();
    assert.equal(pod.hostPID, undefined);
    assert.deepEqual(container(pod, 'proxy').securityContext.capabilities, { drop: ['ALL'] });
    assert.deepEqual(container(pod, 'redirect').securityContext.capabilities, {
      drop: ['ALL'],
      add: ['NET_ADMIN', 'NET_RAW', 'SYS_CHROOT', 'CHOWN'],
    });
    for (const { securityContext } of pod.containers) assert.equal(securityContext.privileged, undefined);
    const writable = pod.containers.flatMap(({ name, volumeMounts }) =>
      volumeMounts.filter(({ readOnly }) => !readOnly).map(({ mountPath }) => `${name} ${mountPath}`),
    );
    assert.deepEqual(writable, ['redirect /run/pod-iam', 'redirect /host']);
  });

  it('use the tools of a redirect image instead of the node, when there is one', () => {
    const pod = daemonPod({ redirectImage: 'example.com/nft:1' });
    assert.equal(container(pod, 'redirect').image, 'example.com/nft:1');
    assert.doesNotMatch(JSON.stringify(container(pod, 'redirect').args), /host-root/);
    assert.deepEqual(
      pod.volumes.flatMap(({ hostPath }) => hostPath?.path ?? []),
      ['/run/pod-iam', '/var/lib/cni/results'],
    );
  });

  it('hold no code when the image does', () => {
    const objects = installObjects(values({ delivery: 'image', image: 'example.com/pod-iam:1' }), bundle);
    assert.deepEqual(
      objects.filter(({ kind }) => kind === 'ConfigMap'),
      [],
    );
    assert.deepEqual(container(podOf(objects.at(-1)!), 'proxy').command, ['node', '/opt/pod-iam/proxy.cjs']);
    assert.throws(() => checkValues(values({ delivery: 'image' })), /--delivery image needs --image/);
  });

  it('take the identity from a Secret when one is named, and keep an API token out of the DaemonSet', () => {
    const daemon = parseDaemonFlags(['--api-token=hush']);
    const objects = installObjects(values({ awsSecret: 'keys', daemon }), bundle);
    const proxy = container(podOf(objects.at(-1)!), 'proxy');
    assert.deepEqual(proxy.envFrom, [{ secretRef: { name: 'keys' } }]);
    assert.ok(proxy.args.includes('--api-token=$(API_TOKEN)'));
    assert.doesNotMatch(JSON.stringify(objects.at(-1)), /hush/);
    const secret = objects.find(({ kind }) => kind === 'Secret');
    assert.deepEqual(secret?.data, { token: Buffer.from('hush').toString('base64') });
  });

  it('leave the redirect out when somebody else keeps it', () => {
    const pod = daemonPod({ daemon: parseDaemonFlags(['--redirect=external']) });
    assert.deepEqual(
      pod.containers.map(({ name }) => name),
      ['proxy'],
    );
  });

  it('are the same as kustomize base and as chart', async () => {
    const objects = installObjects(values(), bundle);
    const read = (texts: string[]) =>
      texts.flatMap((text) => parseAllDocuments(text).map((one) => one.toJS()));
    const { 'kustomization.yaml': kustomization, ...files } = await kustomizeFiles(objects);
    assert.deepEqual(read(Object.values(files)), objects);
    assert.deepEqual(read([kustomization!])[0].resources, Object.keys(files));
    const chart = await helmFiles(objects, '1.2.3');
    assert.equal(read([chart['Chart.yaml']!])[0].version, '1.2.3');
    const templates = Object.entries(chart).filter(([name]) => name.startsWith('templates/'));
    assert.deepEqual(read(templates.map(([, text]) => text)), objects);
  });
});

describe('the bundle', () => {
  it('is below 1 MiB gzipped, with its loader', () => {
    const { gzip, loader } = readBundle();
    assert.ok(gzip.length > 100_000, 'the bundle is not the whole daemon');
    assert.ok(gzip.length + Buffer.byteLength(loader) < 1_048_576, `${gzip.length} bytes are too many`);
  });
});
