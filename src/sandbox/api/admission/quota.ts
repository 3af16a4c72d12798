// ResourceQuota: may one more pod come into the namespace, counted over pods that still run.
// https://kubernetes.io/docs/concepts/policy/resource-quotas/
import type { Core } from '../core.ts';
import type { PodSpec } from '../defaults/pod.ts';
import type { ApiObject } from '../object.ts';
import { typeOf } from '../resources.ts';
import { forbidden } from '../status.ts';
import { quantity } from './quantity.ts';

type Amounts = Record<string, string>;

/** Throws the API's 403 when a quota of the namespace would be exceeded or asks for requests that are not there. */
export function checkQuota(core: Core, pod: ApiObject): void {
  const namespace = pod.metadata.namespace!;
  const wanted = usageOf(pod);
  for (const quota of core.store.list('resourcequotas', namespace)) {
    const hard = ((quota['spec'] as { hard?: Amounts } | undefined)?.hard ?? {}) as Amounts;
    const counted = Object.keys(hard)
      .filter((name) => measures[name] !== undefined)
      .sort();
    const absent = counted.filter((name) => wanted[measures[name]!] === undefined);
    if (absent.length > 0) {
      throw refuse(
        pod,
        `failed quota: ${quota.metadata.name}: must specify ${absent.map((name) => `${name} for: ${containersWithout(pod, name)}`).join('; ')}`,
      );
    }
    const counts = used(core, namespace, hard);
    const exceeded = counted
      .map((name) => ({
        name,
        asked: wanted[measures[name]!]!,
        used: counts[name]!,
        limit: hard[name]!,
      }))
      .filter(({ asked, used, limit }) => used + asked > quantity(limit));
    if (exceeded.length === 0) continue;
    const list = (value: (each: (typeof exceeded)[number]) => string): string =>
      exceeded.map((each) => `${each.name}=${value(each)}`).join(',');
    throw refuse(
      pod,
      `exceeded quota: ${quota.metadata.name}, requested: ${list((each) => print(each.name, each.asked))}, used: ${list((each) => print(each.name, each.used))}, limited: ${list((each) => String(each.limit))}`,
    );
  }
}

/** What the namespace's pods take of each amount that a quota names, as far as it is counted here. */
export function used({ store }: Core, namespace: string, hard: Amounts): Record<string, number> {
  const isCounted = (pod: ApiObject): boolean => {
    const { phase } = pod['status'] as { phase?: string };
    return phase !== 'Succeeded' && phase !== 'Failed';
  };
  const usages = store.list('pods', namespace).filter(isCounted).map(usageOf);
  const sum = (measure: string): number => usages.reduce((total, usage) => total + (usage[measure] ?? 0), 0);
  const names = Object.keys(hard).filter((name) => measures[name] !== undefined);
  return Object.fromEntries(names.map((name) => [name, sum(measures[name]!)]));
}

const refuse = (pod: ApiObject, why: string): Error => forbidden(typeOf('pods'), pod.metadata.name, why);

// The names that a quota may count, and what of a pod's usage each counts.
const measures: Record<string, string> = {
  pods: 'pods',
  'count/pods': 'pods',
  cpu: 'requests.cpu',
  memory: 'requests.memory',
  'requests.cpu': 'requests.cpu',
  'requests.memory': 'requests.memory',
  'limits.cpu': 'limits.cpu',
  'limits.memory': 'limits.memory',
};

/** What a pod counts: itself, and the sums that every container states. */
export function usageOf(pod: ApiObject): Record<string, number> {
  const usage: Record<string, number> = { pods: 1 };
  const { containers } = pod['spec'] as PodSpec;
  for (const kind of ['requests', 'limits'] as const) {
    for (const resource of ['cpu', 'memory']) {
      const amounts = containers.map((container) => amountOf(container.resources ?? {}, kind, resource));
      if (amounts.every((amount) => amount !== undefined)) {
        usage[`${kind}.${resource}`] = amounts.reduce((sum, amount) => sum + quantity(amount), 0);
      }
    }
  }
  return usage;
}

// A request left out is that of the limit.
const amountOf = (
  resources: { requests?: Amounts; limits?: Amounts },
  kind: 'requests' | 'limits',
  resource: string,
): string | undefined =>
  resources[kind]?.[resource] ?? (kind === 'requests' ? resources.limits?.[resource] : undefined);

function containersWithout(pod: ApiObject, name: string): string {
  const [kind, resource] = measures[name]!.split('.') as ['requests' | 'limits', string];
  return (pod['spec'] as PodSpec).containers
    .filter((container) => amountOf(container.resources ?? {}, kind, resource) === undefined)
    .map((container) => container.name)
    .join(',');
}

/** An amount as a quota of that name writes it. */
export function print(name: string, amount: number): string {
  if (measures[name]!.endsWith('.cpu'))
    return Number.isInteger(amount) ? String(amount) : `${Math.round(amount * 1000)}m`;
  if (!measures[name]!.endsWith('.memory')) return String(amount);
  for (const [unit, factor] of [
    ['Gi', 2 ** 30],
    ['Mi', 2 ** 20],
    ['Ki', 2 ** 10],
  ] as const) {
    if (amount > 0 && amount % factor === 0) return `${amount / factor}${unit}`;
  }
  return String(amount);
}
