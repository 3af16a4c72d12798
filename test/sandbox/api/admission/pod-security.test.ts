import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { violationsOf } from '../../../../src/sandbox/api/admission/pod-security.ts';
import type { PodSpec } from '../../../../src/sandbox/api/index.ts';

// The texts are a real server's (Kubernetes 1.35) for the same pod.
describe('Pod Security', () => {
  const bad: PodSpec = {
    hostNetwork: true,
    hostPID: true,
    hostIPC: true,
    securityContext: {
      runAsUser: 0,
      seccompProfile: { type: 'Unconfined' },
      seLinuxOptions: { type: 'foo', user: 'u' },
    },
    initContainers: [
      { name: 'i', securityContext: { privileged: true, capabilities: { add: ['SYS_ADMIN', 'CHOWN'] } } },
    ],
    containers: [
      {
        name: 'a',
        ports: [
          { containerPort: 80, hostPort: 80 },
          { containerPort: 81, hostPort: 81 },
        ],
        readinessProbe: { httpGet: { port: 80, host: '127.0.0.1' } as object },
        securityContext: {
          runAsUser: 0,
          privileged: true,
          capabilities: { add: ['NET_ADMIN'] },
          seccompProfile: { type: 'Unconfined' },
          runAsNonRoot: false,
        },
      },
      { name: 'b', ports: [{ containerPort: 82, hostPort: 82 }] },
    ],
    volumes: [
      { name: 'h', hostPath: { path: '/x' } },
      { name: 'g', hostPath: { path: '/x' } },
      { name: 'nf', nfs: { server: 'x', path: '/x' } },
    ],
  };

  it('says everything that a bad pod does against the restricted profile', () => {
    assert.deepEqual(violationsOf(bad, 'restricted'), [
      'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)',
      'hostPort (containers "a", "b" use hostPorts 80, 81, 82)',
      'probe or lifecycle host (container "a" uses probe or lifecycle host "127.0.0.1")',
      'privileged (containers "i", "a" must not set securityContext.privileged=true)',
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "foo"; user may not be set)',
      'allowPrivilegeEscalation != false (containers "i", "a", "b" must set securityContext.allowPrivilegeEscalation=false)',
      'unrestricted capabilities (containers "i", "a", "b" must set securityContext.capabilities.drop=["ALL"]; containers "i", "a" must not include "CHOWN", "NET_ADMIN", "SYS_ADMIN" in securityContext.capabilities.add)',
      'restricted volume types (volumes "h", "g", "nf" use restricted volume types "hostPath", "nfs")',
      'runAsNonRoot != true (container "a" must not set securityContext.runAsNonRoot=false)',
      'runAsUser=0 (pod and container "a" must not set runAsUser=0)',
      'seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
    ]);
  });

  it('says everything that it does against the baseline', () => {
    assert.deepEqual(violationsOf(bad, 'baseline'), [
      'non-default capabilities (containers "i", "a" must not include "NET_ADMIN", "SYS_ADMIN" in securityContext.capabilities.add)',
      'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)',
      'hostPath volumes (volumes "h", "g")',
      'hostPort (containers "a", "b" use hostPorts 80, 81, 82)',
      'probe or lifecycle host (container "a" uses probe or lifecycle host "127.0.0.1")',
      'privileged (containers "i", "a" must not set securityContext.privileged=true)',
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "foo"; user may not be set)',
      'seccompProfile (pod and container "a" must not set securityContext.seccompProfile.type to "Unconfined")',
    ]);
  });

  it('finds nothing in a pod that sets everything at the pod', () => {
    const good: PodSpec = {
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        { name: 'a', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } },
      ],
      volumes: [{ name: 'e', emptyDir: {} }, { name: 'default' }],
    };
    assert.deepEqual(violationsOf(good, 'restricted'), []);
  });
});
