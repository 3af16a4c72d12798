// What the server says of itself: versions, groups and resources.
// https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
import { type ResourceType, resourceTypes } from '../resources.ts';

const serverVersion = 'v1.35.4';

/** The document at a path such as /version, /api/v1 or /apis/apps; undefined when there is none. */
export function discoveryDocument(path: string, address: string): unknown {
  const parts = path.split('/').filter(Boolean);
  switch (parts[0]) {
    case 'version':
      return parts.length === 1 ? version() : undefined;
    case 'api':
      return parts.length === 1 ? apiVersions(address) : resourceList(parts.slice(1).join('/'));
    case 'apis':
      if (parts.length === 1) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups() };
      if (parts.length === 2) return groupDocument(parts[1]!);
      return resourceList(parts.slice(1).join('/'));
    default:
      return undefined;
  }
}

function version(): unknown {
  const [major, minor] = serverVersion.slice(1).split('.');
  return {
    major,
    minor,
    gitVersion: serverVersion,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: '',
    platform: 'emulated',
  };
}

const apiVersions = (address: string): unknown => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
});

interface Group {
  name: string;
  versions: { groupVersion: string; version: string }[];
  preferredVersion: { groupVersion: string; version: string };
}

function groups(): Group[] {
  const names = [...new Set(resourceTypes.map(({ group }) => group))].filter((group) => group !== '');
  return names.map((name) => {
    const version = { groupVersion: `${name}/v1`, version: 'v1' };
    return { name, versions: [version], preferredVersion: version };
  });
}

function groupDocument(name: string): unknown {
  const group = groups().find((each) => each.name === name);
  return group && { kind: 'APIGroup', apiVersion: 'v1', ...group };
}

function resourceList(groupVersion: string): unknown {
  const types = resourceTypes.filter(({ apiVersion }) => apiVersion === groupVersion);
  if (types.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    ...(groupVersion === 'v1' ? {} : { apiVersion: 'v1' }),
    groupVersion,
    resources: types.flatMap(entriesOf),
  };
}

function entriesOf(type: ResourceType): unknown[] {
  const { group, plural, singular, namespaced, kind, verbs, shortNames } = type;
  const isWorkload = group === 'apps' || group === 'batch' || ['pods', 'services'].includes(plural);
  const own = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    // What `kubectl get all` means.
    ...(isWorkload ? { categories: ['all'] } : {}),
  };
  const parts = type.subresources.map((subresource) => ({
    name: `${plural}/${subresource}`,
    singularName: '',
    namespaced,
    ...(subresource === 'token' ? { group: 'authentication.k8s.io', version: 'v1' } : {}),
    kind: subresource === 'token' ? 'TokenRequest' : kind,
    verbs:
      subresource === 'status' ? ['get', 'patch', 'update'] : subresource === 'log' ? ['get'] : ['create'],
  }));
  return [own, ...parts];
}
