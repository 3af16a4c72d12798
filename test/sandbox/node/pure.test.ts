import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PodAddresses } from '../../../src/sandbox/node/addresses.ts';
import { expand } from '../../../src/sandbox/node/environment.ts';
import { findImage } from '../../../src/sandbox/node/image.ts';
import { restorer, rewriter } from '../../../src/sandbox/node/mounts.ts';
import { loopbackOf } from '../../../src/sandbox/node/namespace.ts';

const mounts = [
  { path: '/host', folder: '/box/h' },
  { path: '/host/usr', folder: '/box/u' },
  { path: '/tmp', folder: '/tmp/box/t' },
];

for (const [text, wanted] of [
  ['/host', '/box/h'],
  ['/host/', '/box/h/'],
  ['--host-root=/host', '--host-root=/box/h'],
  ['/host/usr/bin:/host/bin', '/box/u/bin:/box/h/bin'],
  ['/hosts /host-usr /host.d', '/hosts /host-usr /host.d'],
  ['a/host ./host ~/host $X/host ${X}/host $(x)/host', 'a/host ./host ~/host $X/host ${X}/host $(x)/host'],
  ['http://h/tmp http://127.0.0.1/tmp', 'http://h/tmp http://127.0.0.1/tmp'],
  ['cat "/tmp/x" > \'/tmp/y\'; rm /tmp', 'cat "/tmp/box/t/x" > \'/tmp/box/t/y\'; rm /tmp/box/t'],
] as const) {
  it(`mount paths are rewritten in: ${text}`, () => assert.equal(rewriter(mounts)(text), wanted));
}

it('what a container prints has its own paths', () => {
  assert.equal(restorer(mounts)('cat: /tmp/box/t/x and /box/u/bin'), 'cat: /tmp/x and /host/usr/bin');
});

for (const [text, wanted] of [
  ['$(A)-$(B)', 'a-$(B)'],
  ['$$(A) $$ $$$(A)', '$(A) $ $a'],
  ['$A ${A} $(', '$A ${A} $('],
] as const) {
  // https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go
  it(`variables are expanded in: ${text}`, () => assert.equal(expand(text, { A: 'a' }), wanted));
}

for (const [image, wanted] of [
  ['docker.io/library/node:22-slim', 'node'],
  ['node', 'node'],
  [`docker.io/curlimages/curl:8.17.0@sha256:${'a'.repeat(64)}`, 'curl'],
  ['registry.k8s.io/pause:3.10', 'sleep'],
  ['localhost:5000/busybox', 'sh'],
  ['example.com/no-such-curl:1', 'ErrImagePull'],
  ['nodejs', 'ErrImagePull'],
  ['Busybox', 'InvalidImageName'],
  ['a b', 'InvalidImageName'],
] as const) {
  it(`the image ${image} is ${wanted}`, () => {
    const found = findImage(image);
    assert.equal(found.state === 'present' ? found.entrypoint[0] : found.reason, wanted);
  });
}

it("addresses of pods are their node's, and one that came back is used again last", () => {
  const addresses = new PodAddresses('127.7.0.1');
  assert.deepEqual([addresses.take(), addresses.take()], ['127.7.1.1', '127.7.1.2']);
  addresses.give('127.7.1.1');
  assert.equal(addresses.take(), '127.7.1.3');
  for (let i = 4; i <= 254; i++) addresses.take();
  assert.equal(addresses.take(), '127.7.1.1');
  assert.throws(() => addresses.take(), { message: 'the node has no address left for a pod' });
});

it('an address has a loopback of its own', () => assert.equal(loopbackOf('127.7.1.3'), '127.107.1.3'));
