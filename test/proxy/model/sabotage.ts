// Defects that a daemon of this kind may have, put into a running one: each must be noticed, or the model
// proves nothing.
import { randomBytes } from 'node:crypto';
import type { Core } from '../../../src/proxy/core.ts';
import type { Credentials, Identity } from '../../../src/proxy/credentials/types.ts';
import { identityKey } from '../../../src/proxy/credentials/types.ts';
import type { PodRecord } from '../../../src/proxy/who/pod-record.ts';
import { DEFAULT_ROLE, ROLE_KEY } from './rules.ts';
import type { ModelSts } from './sts.ts';

export type Sabotage = (core: Core, sts: ModelSts) => void;

export const DEFECTS: Readonly<Record<string, Sabotage>> = {
  'an address belongs to whoever was there first'({ parts: { pods } }) {
    pods.at = (address) => first(podsAt(pods, address));
  },

  'a terminating pod does not yield its address'({ parts: { pods } }) {
    const at = pods.at.bind(pods);
    pods.at = (address) => first(podsAt(pods, address).filter((pod) => pod.isTerminating)) ?? at(address);
  },

  'a pod that has yielded its address gets it back'({ parts: { pods } }) {
    pods.at = (address) => {
      const there = podsAt(pods, address);
      return first(there.filter((pod) => !pod.isTerminating).reverse()) ?? first(there);
    };
  },

  'a deleted pod keeps its address'({ parts: { pods } }) {
    pods.remove = () => {};
  },

  'a finished pod keeps its address'({ parts: { pods } }) {
    const set = pods.set.bind(pods);
    pods.set = (pod) => set({ ...pod, isFinished: false });
  },

  'a pod on the node network answers for its address'({ parts: { pods } }) {
    const set = pods.set.bind(pods);
    pods.set = (pod) => set({ ...pod, hostNetwork: false });
  },

  'what an address leads to is remembered for a second'({ parts: { pods } }) {
    const at = pods.at.bind(pods);
    const known = new Map<string, { pod: PodRecord | null; untilMs: number }>();
    pods.at = (address) => {
      const kept = known.get(address);
      if (kept && kept.untilMs > performance.now()) return kept.pod;
      const pod = at(address);
      if (pod) known.set(address, { pod, untilMs: performance.now() + 1_000 });
      return pod;
    };
  },

  'nobody looks again after STS was waited for'({ parts: { pods, vault } }) {
    const at = pods.at.bind(pods);
    const get = vault.get.bind(vault);
    let frozen: Map<string, PodRecord> | null = null;
    pods.at = (address) => frozen?.get(address) ?? at(address);
    vault.get = async (identity, uid) => {
      const then = new Map<string, PodRecord>();
      pods.each((_uid, pod) => {
        for (const address of pod.addresses) then.set(address, at(address) ?? pod);
      });
      try {
        return await get(identity, uid);
      } finally {
        frozen = then;
        setImmediate(() => {
          frozen = null;
        });
      }
    };
  },

  'an unknown address gets the default role'({ parts: { pods } }) {
    const at = pods.at.bind(pods);
    pods.at = (address) =>
      at(address) ?? ({ ...nobody, uid: address, annotations: { [ROLE_KEY]: DEFAULT_ROLE } } as PodRecord);
  },

  'the decision is remembered whatever becomes of the namespace'({ parts }) {
    const { assign } = parts;
    const known = new WeakMap<PodRecord, ReturnType<typeof assign>>();
    parts.assign = (pod, knownBy) => {
      const assignment = known.get(pod) ?? assign(pod, knownBy);
      known.set(pod, assignment);
      return assignment;
    };
  },

  'a namespace that is gone still allows'({ parts: { namespaces } }) {
    namespaces.remove = () => {};
  },

  'the decision is remembered by the name of the pod'({ parts }) {
    const { assign } = parts;
    const known = new Map<string, ReturnType<typeof assign>>();
    parts.assign = (pod, knownBy) => {
      const name = `${pod.namespace}/${pod.name}`;
      const assignment = known.get(name) ?? assign(pod, knownBy);
      known.set(name, assignment);
      return assignment;
    };
  },

  'credentials are served for as long as they are there'({ parts: { vault } }) {
    const atHand = vault.atHand.bind(vault);
    const known = new Map<string, Credentials>();
    vault.atHand = (identity) => {
      const credentials = known.get(identityKey(identity)) ?? atHand(identity);
      if (credentials) known.set(identityKey(identity), credentials);
      return credentials;
    };
  },

  'the external id is not part of an identity'({ parts: { vault } }) {
    const atHand = vault.atHand.bind(vault);
    const get = vault.get.bind(vault);
    const without = (identity: Identity): Identity => ({ ...identity, externalId: null });
    vault.atHand = (identity) => atHand(without(identity));
    vault.get = (identity, uid) => get(without(identity), uid);
  },

  'each caller asks STS for itself'({ parts: { vault } }, sts) {
    vault.get = (identity) => sts.ask(identity);
  },

  'nothing is fetched before it is asked for'({ parts: { vault } }) {
    vault.hold = () => {};
  },

  'a token is good for every address once it was good for one'({ parts: { tokens } }) {
    const accepts = tokens.accepts.bind(tokens);
    const known = new Set<string>();
    tokens.accepts = (token, address) => {
      if (accepts(token, address)) known.add(token);
      return known.has(token);
    };
  },

  'tokens end with the process'({ parts: { tokens } }) {
    tokens.useKey(randomBytes(32));
  },

  'a token never ends'({ parts: { tokens } }) {
    const accepts = tokens.accepts.bind(tokens);
    const known = new Set<string>();
    tokens.accepts = (token, address) => {
      const key = `${address} ${token}`;
      if (accepts(token, address)) known.add(key);
      return known.has(key);
    };
  },

  'a list that is read anew takes nothing away'({ parts: { pods } }) {
    pods.replace = (all) => {
      for (const pod of all) pods.set(pod);
    };
  },
};

/** In the order in which they were first seen. */
function podsAt(pods: Core['parts']['pods'], address: string): PodRecord[] {
  const there: PodRecord[] = [];
  pods.each((_uid, pod) => {
    if (pod.addresses.includes(address) && !pod.hostNetwork && !pod.isFinished) there.push(pod);
  });
  return there;
}

const first = (pods: PodRecord[]): PodRecord | null => pods[0] ?? null;

const nobody: Omit<PodRecord, 'uid' | 'annotations'> = {
  namespace: 'shop',
  name: 'nobody',
  node: null,
  serviceAccount: 'default',
  addresses: [],
  isEarly: false,
  hostNetwork: false,
  mountsToken: false,
  isFinished: false,
  isTerminating: false,
  addressedAtMs: 0,
};
