import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kubeProblem } from '../../src/cluster/errors.ts';
import { parseDenial } from '../../src/cluster/grant.ts';
import { Problem } from '../../src/model/problem.ts';
import { ofProblem } from './helpers.ts';

const call = {
  doing: 'create Pod shop/web',
  context: 'prod',
  server: 'https://k8s.example.com',
  kubectl: 'kubectl --context prod',
  user: 'jane',
  timeoutMs: 15_000,
};
const answer = (code: number, body: string): Error => Object.assign(new Error('raw text'), { code, body });
const problem = (error: unknown): object => {
  const made = kubeProblem(error, call);
  assert.ok(made instanceof Problem);
  return ofProblem(made);
};
const problemOf = (code: number, message: string, details?: object) =>
  problem(answer(code, JSON.stringify({ kind: 'Status', message, details })));

describe('an answer of the API server', () => {
  it('by an admission webhook names the webhook and its reason', () => {
    const message =
      'admission webhook "policy.example.com" denied the request: image registry is not allowed';
    assert.deepEqual(problemOf(403, message), {
      code: 'ADMISSION',
      what: 'could not create Pod shop/web: refused by the admission webhook policy.example.com',
      why: 'image registry is not allowed',
      next: 'ask whoever runs that webhook, or exempt the namespace from it',
    });
  });

  it('about a webhook that does not answer says so', () => {
    const message =
      'Internal error occurred: failed calling webhook "mutate.example.com": Post "https://x.y.svc:443/mutate": context deadline exceeded';
    assert.deepEqual(problemOf(500, message), {
      code: 'ADMISSION',
      what: 'could not create Pod shop/web: the admission webhook mutate.example.com did not answer',
      why: 'Post "https://x.y.svc:443/mutate": context deadline exceeded',
      next: 'kubectl --context prod get validatingwebhookconfigurations,mutatingwebhookconfigurations',
    });
  });

  it('with a conflict names each field and who owns it', () => {
    const details = {
      causes: [
        { reason: 'FieldManagerConflict', message: 'conflict with "kubectl"', field: '.spec.replicas' },
      ],
    };
    assert.deepEqual(problemOf(409, 'Apply failed with 1 conflict', details), {
      code: 'CONFLICT',
      what: 'could not create Pod shop/web',
      why: '.spec.replicas: conflict with "kubectl"',
      next: 'run it again; if it stays, find out who else changes the object',
    });
  });

  it('that is no JSON is cut short', () => {
    assert.deepEqual(problem(answer(502, '<html>\n<b>Bad Gateway</b>')), {
      code: 'KUBE_API',
      what: 'could not create Pod shop/web',
      why: 'the API server answered 502: <html>; <b>Bad Gateway</b>',
      next: "kubectl --context prod get --raw '/readyz?verbose'",
    });
  });

  it('that never came is a time-out', () => {
    const error = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    assert.deepEqual(problem(error), {
      code: 'TIMEOUT',
      what: 'could not create Pod shop/web: the cluster of context prod at https://k8s.example.com did not answer within 15 s',
      why: 'it is down, overloaded, or behind a VPN or firewall',
      next: 'kubectl --context prod cluster-info',
    });
  });
});

describe('what is no answer of a cluster', () => {
  it('is told as such when it is no JSON', () => {
    assert.deepEqual(problem(new SyntaxError('Unexpected token <')), {
      code: 'KUBE_API',
      what: 'what answers at https://k8s.example.com (context prod) is no Kubernetes API server',
      why: 'its answer is not JSON',
      next: 'kubectl --context prod cluster-info',
    });
  });

  it('stays a defect when it is one of ours', () => {
    const defect = new TypeError('x is not a function');
    assert.equal(kubeProblem(defect, call), defect);
  });
});

describe('a refusal by RBAC', () => {
  it('is read with its namespace, its group and its subresource', () => {
    assert.deepEqual(
      parseDenial(
        'pods "x" is forbidden: User "system:serviceaccount:ci:bot" cannot get resource "pods/log" in API group "" in the namespace "shop"',
      ),
      {
        user: 'system:serviceaccount:ci:bot',
        verb: 'get',
        resource: 'pods/log',
        group: '',
        namespace: 'shop',
      },
    );
    assert.equal(parseDenial('pods "x" is forbidden: exceeded quota: q'), null);
  });

  it('offers a command that binds a service account', () => {
    const message =
      'daemonsets.apps is forbidden: User "system:serviceaccount:ci:bot" cannot list resource "daemonsets" in API group "apps" in the namespace "shop"';
    const { next } = problemOf(403, message) as { next: string };
    assert.equal(
      next,
      'have an administrator run: kubectl create role pod-iam-list-daemonsets -n shop --verb=list --resource=daemonsets.apps && ' +
        'kubectl create rolebinding pod-iam-list-daemonsets -n shop --role=pod-iam-list-daemonsets --serviceaccount=ci:bot',
    );
  });
});
