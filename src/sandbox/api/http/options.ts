// The options of a request, from its query and body, refused in the API's words where they make no sense.
// https://kubernetes.io/docs/reference/kubernetes-api/common-parameters/common-parameters/
import type { WriteOptions } from '../core.ts';
import type { ListQuery } from '../operations/read.ts';
import type { DeleteOptions } from '../operations/remove.ts';
import { invalidOptions } from '../status.ts';
import { type Fault, forbiddenField, required } from '../validation/faults.ts';
import { readObject } from './body.ts';
import { isTrue, type ResourceRequest } from './request.ts';
import type { Exchange } from './resources.ts';

export function listQuery(resource: ResourceRequest, query: URLSearchParams): ListQuery {
  const parsed = {
    namespace: resource.namespace,
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit: Number(query.get('limit') ?? 0),
    continue: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
  };
  if (parsed.resourceVersionMatch !== '' && parsed.resourceVersion === '' && resource.verb === 'list') {
    const why = 'resourceVersionMatch is forbidden unless resourceVersion is provided';
    throw invalidOptions('ListOptions', forbiddenField('resourceVersionMatch', why));
  }
  return parsed;
}

type OptionsKind = 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions';

export function writeOptions({ caller, request, resource, message, response }: Exchange): WriteOptions {
  const kinds: Record<string, OptionsKind> = { create: 'CreateOptions', update: 'UpdateOptions' };
  const agent = message.headers['user-agent'] ?? '';
  return {
    caller,
    isDryRun: isDryRun(request.query.getAll('dryRun'), kinds[resource.verb] ?? 'PatchOptions'),
    manager: request.query.get('fieldManager') ?? (agent.split('/')[0] || 'unknown'),
    subresource: resource.subresource === 'status' ? 'status' : '',
    fieldValidation:
      (request.query.get('fieldValidation') as WriteOptions['fieldValidation'] | null) ?? 'Warn',
    warn: (text) => {
      response.appendHeader('warning', `299 - ${JSON.stringify(text)}`);
    },
  };
}

/** Whether a server-side apply may take over fields of others. */
export function applyForce(query: URLSearchParams): boolean {
  if (!query.get('fieldManager')) {
    throw invalidOptions('PatchOptions', required('fieldManager', 'is required for apply patch'));
  }
  return isTrue(query.get('force'));
}

export function refuseForce(query: URLSearchParams): void {
  if (!query.has('force')) return;
  throw invalidOptions('PatchOptions', forbiddenField('force', 'may not be specified for non-apply patch'));
}

/** From the body, or from the query where there is none. */
export async function deleteOptions({ message, request }: Exchange): Promise<DeleteOptions> {
  const body = ((await readObject(message, 'DeleteOptions')) ?? {}) as Partial<DeleteOptions> & {
    dryRun?: string[];
  };
  const grace = request.query.get('gracePeriodSeconds');
  const policy = request.query.get('propagationPolicy') as DeleteOptions['propagationPolicy'] | null;
  const gracePeriodSeconds = body.gracePeriodSeconds ?? (grace === null ? undefined : Number(grace));
  const propagationPolicy = body.propagationPolicy ?? policy ?? undefined;
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(body.preconditions ? { preconditions: body.preconditions } : {}),
    isDryRun: isDryRun(body.dryRun ?? request.query.getAll('dryRun'), 'DeleteOptions'),
  };
}

function isDryRun(values: string[], kind: OptionsKind): boolean {
  if (values.some((value) => value !== 'All')) {
    const fault: Fault = {
      reason: 'FieldValueNotSupported',
      field: 'dryRun',
      message: `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`,
    };
    throw invalidOptions(kind, fault);
  }
  return values.includes('All');
}
