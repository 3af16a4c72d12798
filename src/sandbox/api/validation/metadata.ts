// Names, labels and annotations as Kubernetes takes them.
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
import type { ApiObject } from '../object.ts';
import type { ResourceType } from '../resources.ts';
import { type Fault, invalidValue, required } from './faults.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelText =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const qualifiedText =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const valueText =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

const annotationsLimit = 256 * 1024;

export function metadataFaults(type: ResourceType, { metadata }: ApiObject): Fault[] {
  if (!metadata.name) return [required('metadata.name', 'name or generateName is required')];
  return [
    ...nameFaults(type, metadata.name),
    ...labelFaults(metadata.labels ?? {}, 'metadata.labels'),
    ...annotationFaults(metadata.annotations ?? {}),
  ];
}

// Roles take any name that fits a path; the others must be names of hosts.
function nameFaults(type: ResourceType, name: string): Fault[] {
  if (type.group === 'rbac.authorization.k8s.io') {
    return /^\.{1,2}$|[/%]/.test(name) ? [invalidValue('metadata.name', name, "may not contain '/'")] : [];
  }
  const isShort = type.key === 'namespaces' || type.key === 'services';
  const limit = isShort ? 63 : 253;
  if (name.length > limit)
    return [
      {
        reason: 'FieldValueTooLong',
        field: 'metadata.name',
        message: `Too long: may not be more than ${limit} bytes`,
      },
    ];
  const isRight = (isShort ? label : subdomain).test(name);
  return isRight ? [] : [invalidValue('metadata.name', name, isShort ? labelText : subdomainText)];
}

export function labelFaults(labels: Record<string, string>, field: string): Fault[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...keyFaults(key, field),
    ...(labelValue.test(value) && value.length <= 63
      ? []
      : [invalidValue(field, value, value.length > 63 ? 'must be no more than 63 bytes' : valueText)]),
  ]);
}

function annotationFaults(annotations: Record<string, string>): Fault[] {
  const faults = Object.keys(annotations).flatMap((key) =>
    keyFaults(key.toLowerCase(), 'metadata.annotations'),
  );
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key + value),
    0,
  );
  if (size > annotationsLimit) {
    faults.push({
      reason: 'FieldValueTooLong',
      field: 'metadata.annotations',
      message: `Too long: may not be more than ${annotationsLimit} bytes`,
    });
  }
  return faults;
}

function keyFaults(key: string, field: string): Fault[] {
  const parts = key.split('/');
  const [prefix, name] = parts.length === 2 ? [parts[0]!, parts[1]!] : [null, key];
  if (parts.length > 2 || !qualifiedName.test(name)) return [invalidValue(field, key, qualifiedText)];
  if (name.length > 63) return [invalidValue(field, key, 'name part must be no more than 63 bytes')];
  if (prefix !== null && !subdomain.test(prefix))
    return [invalidValue(field, key, `prefix part ${subdomainText}`)];
  return [];
}
