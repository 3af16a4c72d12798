// Label selectors of a workload's spec, and field selectors of a query; label-query.ts has a query's label
// selectors.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
import { type ApiObject, isRecord } from '../object.ts';
import { badRequest } from '../status.ts';

export type Matcher = (object: ApiObject) => boolean;

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

type Labels = Record<string, string>;

/** Of a LabelSelector; an empty one matches everything, a missing one nothing. */
export function matchesLabels(selector: LabelSelector | undefined, labels: Labels = {}): boolean {
  if (!selector) return false;
  return (
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) =>
      matchesExpression(operator, labels[key], values),
    )
  );
}

/** One expression of a label selector or of a node selector term (which has Gt and Lt besides). */
export function matchesExpression(operator: string, value: string | undefined, values: string[]): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

const selectableFields: Record<string, string[]> = {
  Pod: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.nominatedNodeName',
  ],
  Event: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  Namespace: ['status.phase'],
  Node: ['spec.unschedulable'],
  Secret: ['type'],
  Job: ['status.successful'],
  ReplicaSet: ['status.replicas'],
};

/** Of a query's text such as `spec.nodeName=node1,status.phase!=Failed`; 400 on a field that is not selectable. */
export function fieldMatcher(text: string, kind: string): Matcher {
  const terms = text
    .split(',')
    .filter((term) => term.trim() !== '')
    .map((term) => {
      const match = /^([^=!]+)(!=|==|=)(.*)$/s.exec(term);
      if (!match) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
      const [, field, operator, value] = match;
      const isKnown = field === 'metadata.name' || field === 'metadata.namespace';
      if (!isKnown && !selectableFields[kind]?.includes(field!)) {
        throw badRequest(`field label not supported: ${field}`);
      }
      return { field: field!, isEqual: operator !== '!=', value: value! };
    });
  return (object) =>
    terms.every(({ field, isEqual, value }) => (fieldOf(object, field) === value) === isEqual);
}

/** The name that a selector pins down, as RBAC's resourceNames see it. */
export const nameInFieldSelector = (text: string): string | undefined =>
  /(?:^|,)metadata\.name==?([^,]+)/.exec(text)?.[1];

function fieldOf(object: ApiObject, path: string): string {
  if (path === 'source') return fieldOf(object, 'source.component');
  let value: unknown = object;
  for (const part of path.split('.')) value = isRecord(value) ? value[part] : undefined;
  return value === undefined || value === null ? '' : String(value);
}
