// Lifting the start-up taint needs the right to patch nodes, which RBAC grants for all nodes and all of
// their fields. This policy takes it back but for one taint of the node that the daemon runs on.
// https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
import { PROXY_NAME } from '../model/labels.ts';
import { type InstallValues, labelsOf, type Manifest } from './values.ts';

export const GUARD_API = 'admissionregistration.k8s.io/v1';
/** In the order in which they are deleted. */
export const GUARD_KINDS = ['ValidatingAdmissionPolicyBinding', 'ValidatingAdmissionPolicy'] as const;

const NAME = 'pod-iam-startup-taint';

export const liftsTaint = ({ daemon }: InstallValues): boolean => typeof daemon['startup-taint'] === 'string';

export function taintGuard(values: InstallValues): Manifest[] {
  const head = (kind: (typeof GUARD_KINDS)[number]): Manifest => ({
    apiVersion: GUARD_API,
    kind,
    metadata: { name: NAME, labels: labelsOf(PROXY_NAME, values.version) },
  });
  return [
    {
      ...head('ValidatingAdmissionPolicy'),
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['nodes'] },
          ],
        },
        matchConditions: [
          {
            name: 'the-daemon',
            expression: `request.userInfo.username == "system:serviceaccount:${values.systemNamespace}:${PROXY_NAME}"`,
          },
        ],
        validations: validations(String(values.daemon['startup-taint'])),
      },
    },
    {
      ...head('ValidatingAdmissionPolicyBinding'),
      spec: { policyName: NAME, validationActions: ['Deny'] },
    },
  ];
}

// The kubelet's tokens name their node since Kubernetes 1.30.
// https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#schema-for-service-account-private-claims
const NODE_CLAIM = 'authentication.kubernetes.io/node-name';

const validations = (taint: string): object[] => [
  {
    expression: `has(request.userInfo.extra) && "${NODE_CLAIM}" in request.userInfo.extra && request.userInfo.extra["${NODE_CLAIM}"] == [object.metadata.name]`,
    message: 'the daemon of pod-iam may change only the node that it runs on',
  },
  {
    expression: `object.spec.?taints.orValue([]) == oldObject.spec.?taints.orValue([]).filter(taint, taint.key != "${taint}")`,
    message: `the daemon of pod-iam may only remove the taint ${taint}`,
  },
  {
    expression: [
      ...['labels', 'annotations', 'finalizers', 'ownerReferences'].map(sameIn('metadata')),
      ...['unschedulable', 'providerID', 'configSource', 'podCIDRs'].map(sameIn('spec')),
    ].join(' && '),
    message: "the daemon of pod-iam may change nothing but the node's taints",
  },
];

const sameIn =
  (part: string) =>
  (field: string): string =>
    `object.${part}.?${field} == oldObject.${part}.?${field}`;
