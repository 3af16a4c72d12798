// What the daemon ought to answer, from what it was told and the rules alone. It keeps every message's
// number and looks everything up anew: slow, and with no index that could go stale.
import type { Told } from './api.ts';
import type { ApiObject, EventType, Resource } from './cluster.ts';
import {
  ANNOUNCED_KEY,
  DEFAULT_ARN,
  EXTERNAL_ID_KEY,
  EXTERNAL_IDS,
  LIST_KEY,
  LIST_TEXTS,
  listedAs,
  meaningOf,
  ROLE_KEY,
  ROLE_TEXTS,
  SESSION_KEY,
} from './rules.ts';

export interface Rules {
  hasDefault: boolean;
  hasRestrictions: boolean;
  announced: boolean;
  sessionSeconds: number;
  /** One session for all pods of a role, so that they share credentials. */
  isShared: boolean;
}

export interface ToldPod {
  uid: string;
  name: string;
  namespace: string;
  created: string;
  annotations: Record<string, string>;
  isTerminating: boolean;
  /** It may speak from addresses at all. */
  speaks: boolean;
  reported: string[];
  announced: string[];
}

export interface Expected {
  roleArn: string;
  listed: string;
  externalId: string | null;
  sessionName: string;
}

export type Verdict =
  | { who: null }
  /** The namespace is not known: denied, once it was waited for. */
  | { who: ToldPod; status: 404 | 403; isUnsure: boolean }
  | { who: ToldPod; status: 200; role: Expected };

export class Oracle implements Told {
  readonly pods = new Map<string, ToldPod>();
  readonly namespaces = new Map<string, string | null>();
  readonly #rules: Rules;
  /** Address → UID → number of the message with which that pod came there. */
  readonly #came = new Map<string, Map<string, number>>();
  /** Address → number of the last message with which any pod was reported to have come there. */
  readonly #lastCame = new Map<string, number>();
  #message = 0;
  /** Called after each message. */
  onMessage: () => void = () => {};

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  list(resource: Resource, objects: readonly ApiObject[]): void {
    this.#message++;
    if (resource === 'namespaces') {
      this.namespaces.clear();
      for (const object of objects) this.namespaces.set(object.metadata.name, listOf(object));
    } else {
      const uids = new Set(objects.map(({ metadata }) => metadata.uid));
      for (const uid of this.pods.keys()) if (!uids.has(uid)) this.#forget(uid);
      for (const object of objects) this.#learn(object);
    }
    this.onMessage();
  }

  event(resource: Resource, type: EventType, object: ApiObject): void {
    this.#message++;
    const { name, uid } = object.metadata;
    if (resource === 'pods') type === 'DELETED' ? this.#forget(uid) : this.#learn(object);
    else if (type === 'DELETED') this.namespaces.delete(name);
    else this.namespaces.set(name, listOf(object));
    this.onMessage();
  }

  /** The pod that may speak from an address. */
  speaker(address: string): ToldPod | null {
    const there = [...this.pods.values()].filter((pod) => pod.speaks);
    const last = this.#lastCame.get(address);
    // Who came before the last has yielded, be the last still there or not.
    const reported = there.filter(
      (pod) => pod.reported.includes(address) && this.cameAt(address, pod.uid) === last,
    );
    if (reported.length > 0) return best(reported, () => 0);
    // An announcement counts where no other pod has to do with the address.
    const [only, ...others] = there.filter(
      (pod) => pod.announced.includes(address) || pod.reported.includes(address),
    );
    return only?.announced.includes(address) && others.length === 0 ? only : null;
  }

  /** With which message a pod came to an address; 0 when it is not there. */
  cameAt(address: string, uid: string): number {
    return this.#came.get(address)?.get(uid) ?? 0;
  }

  verdict(address: string): Verdict {
    const pod = this.speaker(address);
    return pod ? this.judge(pod) : { who: null };
  }

  judge(pod: ToldPod): Verdict {
    const { hasDefault, hasRestrictions, isShared } = this.#rules;
    const no = (status: 404 | 403, isUnsure = false): Verdict => ({ who: pod, status, isUnsure });
    const { means } = meaningOf(ROLE_TEXTS, pod.annotations[ROLE_KEY]);
    const isUnknown = hasRestrictions && !this.namespaces.has(pod.namespace);
    if (means === 'none' || (means === 'default' && !hasDefault)) return no(404, isUnknown);
    const roleArn = means === 'default' ? DEFAULT_ARN : means.arn;
    // Whoever set the default role has allowed it to all.
    if (hasRestrictions && !(hasDefault && roleArn === DEFAULT_ARN)) {
      const list = this.namespaces.get(pod.namespace);
      if (list === undefined) return no(403, true);
      if (!meaningOf(LIST_TEXTS, list ?? undefined).allows.includes(roleArn)) return no(403);
    }
    const externalId = meaningOf(EXTERNAL_IDS, pod.annotations[EXTERNAL_ID_KEY]);
    if (!externalId.isValid) return no(403, isUnknown);
    const own = isShared ? 'shared' : `${pod.namespace}.${pod.name}`;
    return {
      who: pod,
      status: 200,
      role: {
        roleArn,
        listed: listedAs(roleArn),
        externalId: externalId.text,
        sessionName: pod.annotations[SESSION_KEY] ?? own,
      },
    };
  }

  #learn({ metadata, spec, status }: ApiObject): void {
    const { podIPs = [], phase } = status as { podIPs?: { ip: string }[]; phase: string };
    const before = this.pods.get(metadata.uid);
    const annotations = metadata['annotations'] as Record<string, string>;
    const reported = podIPs.map(({ ip }) => ip.toLowerCase().replace('2001:db8:0:0:0:0:0:', '2001:db8::'));
    const isAnnounced = this.#rules.announced && reported.length === 0;
    const pod: ToldPod = {
      uid: metadata.uid,
      name: metadata.name,
      namespace: metadata['namespace'] as string,
      created: metadata['creationTimestamp'] as string,
      annotations,
      isTerminating: metadata['deletionTimestamp'] !== undefined,
      speaks: phase !== 'Succeeded' && !(spec as { hostNetwork: boolean }).hostNetwork,
      reported,
      announced: isAnnounced ? (annotations[ANNOUNCED_KEY]?.split(',') ?? []) : [],
    };
    this.pods.set(pod.uid, pod);
    if (!pod.speaks) {
      this.#leaveAll(pod.uid);
      return;
    }
    for (const address of pod.reported) {
      if (before?.speaks && before.reported.includes(address)) continue;
      this.#come(address, pod.uid);
      this.#lastCame.set(address, this.#message);
    }
    for (const address of pod.announced)
      if (!(before?.speaks && before.announced.includes(address))) this.#come(address, pod.uid);
    for (const [address, came] of this.#came)
      if (!pod.reported.includes(address) && !pod.announced.includes(address)) came.delete(pod.uid);
  }

  #come(address: string, uid: string): void {
    const came = this.#came.get(address) ?? new Map<string, number>();
    this.#came.set(address, came.set(uid, this.#message));
  }

  #forget(uid: string): void {
    this.pods.delete(uid);
    this.#leaveAll(uid);
  }

  #leaveAll(uid: string): void {
    for (const came of this.#came.values()) came.delete(uid);
  }
}

/** Living ones first, then those that came last, then the youngest. */
function best(pods: ToldPod[], came: (pod: ToldPod) => number): ToldPod | null {
  const [first] = pods.sort(
    (a, b) =>
      Number(a.isTerminating) - Number(b.isTerminating) ||
      came(b) - came(a) ||
      (a.created < b.created ? 1 : -1),
  );
  return first ?? null;
}

const listOf = ({ metadata }: ApiObject): string | null =>
  (metadata['annotations'] as Record<string, string>)[LIST_KEY] ?? null;
