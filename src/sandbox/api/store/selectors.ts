// Label and field selectors, as in a query's labelSelector and fieldSelector and in a workload's spec.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
import { type ApiObject, isRecord } from '../object.ts';
import { badRequest } from '../status.ts';

export type Matcher = (object: ApiObject) => boolean;

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

type Labels = Record<string, string>;
type Requirement = (labels: Labels) => boolean;

/** Of a query's text such as `app=web,tier in (a,b),!canary`. */
export function labelMatcher(text: string): Matcher {
  const requirements = splitRequirements(text).map((part) => parseRequirement(part, text));
  return (object) => requirements.every((holds) => holds(object.metadata.labels ?? {}));
}

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

function splitRequirements(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const letter of text) {
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (letter === ',' && depth === 0) {
      parts.push(part);
      part = '';
    } else {
      part += letter;
    }
  }
  return [...parts, part].map((each) => each.trim()).filter((each) => each !== '');
}

const keyPattern = '[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?';
const setBased = new RegExp(`^(?<key>${keyPattern})\\s+(?<operator>in|notin)\\s*\\((?<values>[^()]*)\\)$`);
const equality = new RegExp(`^(?<key>${keyPattern})\\s*(?<operator>!=|==|=)\\s*(?<value>[-A-Za-z0-9_.]*)$`);
const existence = new RegExp(`^(?<not>!?)\\s*(?<key>${keyPattern})$`);

function parseRequirement(part: string, whole: string): Requirement {
  const set = setBased.exec(part)?.groups;
  if (set) {
    const values = set['values']!.split(',').map((value) => value.trim());
    const operator = set['operator'] === 'in' ? 'In' : 'NotIn';
    return (labels) => matchesExpression(operator, labels[set['key']!], values);
  }
  const equal = equality.exec(part)?.groups;
  if (equal) {
    const wanted = equal['operator'] !== '!=';
    return (labels) => (labels[equal['key']!] === equal['value']) === wanted;
  }
  const exists = existence.exec(part)?.groups;
  if (exists) {
    const wanted = exists['not'] === '';
    return (labels) => (labels[exists['key']!] !== undefined) === wanted;
  }
  throw badRequest(`unable to parse requirement: ${part} in ${JSON.stringify(whole)}`);
}
