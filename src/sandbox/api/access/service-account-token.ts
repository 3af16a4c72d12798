// The token subresource of a service account: a token for its bearer, for a while.
// https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
import type { Core } from '../core.ts';
import { apiTime, isRecord } from '../object.ts';
import type { Target } from '../operations/change.ts';
import { readObject } from '../operations/read.ts';
import { serviceAccountCaller } from './callers.ts';

const defaultSeconds = 3600;

export function issueServiceAccountToken(core: Core, target: Target, body: unknown): unknown {
  const account = readObject(core, target);
  const spec = isRecord(body) && isRecord(body['spec']) ? body['spec'] : {};
  const seconds = Number(spec['expirationSeconds'] ?? defaultSeconds);
  const expiresAtMs = Date.now() + seconds * 1000;
  const caller = serviceAccountCaller(target.namespace, target.name);
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name: target.name, namespace: target.namespace, creationTimestamp: apiTime(Date.now()) },
    spec: { audiences: [], boundObjectRef: null, ...spec, expirationSeconds: seconds },
    status: {
      token: core.callers.issue({ ...caller, uid: account.metadata.uid! }, expiresAtMs),
      expirationTimestamp: apiTime(expiresAtMs),
    },
  };
}
