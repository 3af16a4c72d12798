// Tells of each refusal once: a log line, and a Warning event on the pod that names the cause and the
// check's code. The same refusal of the same pod is told again only after ten minutes.
import { randomBytes } from 'node:crypto';
import { visible } from '../model/visible.ts';
import { steadyMs } from './clock.ts';
import type { Closed } from './connections.ts';
import { type Log, messageOf } from './log.ts';
import type { Metrics } from './metrics.ts';
import { Allowance } from './who/allowance.ts';
import type { KubeApi } from './who/api.ts';
import { nameOf, type PodRecord } from './who/pod-record.ts';

export interface RefusalNotice {
  /** The catalogue's code. */
  check: string;
  /** An event's reason, in CamelCase. */
  reason:
    | 'NoRole'
    | 'RoleNotAllowed'
    | 'OtherRole'
    | 'TokenMissing'
    | 'SessionTokenRefused'
    | 'ForeignHost'
    | 'Forwarded'
    | 'TokenRefused'
    | 'CredentialsRefused'
    | 'CredentialsUnavailable';
  message: string;
  roleArn: string | null;
}

const QUIET_MS = 10 * 60_000;
const MAX_REMEMBERED = 5_000;
/** Of a message, which is remembered too: an annotation in it may be long. */
const MAX_LENGTH = 1_000;
/** What is told of one pod, so that one that asks for a thousand roles leaves room for its neighbours. */
const OF_EACH = { burst: 5, perSecond: 1 / 60 };
/** Events at once, and per second afterwards. */
const BURST = 25;
const PER_SECOND = 1;

export class Refusals {
  /** Null: there are no events to write. */
  readonly #api: KubeApi | null;
  readonly #log: Log;
  readonly #metrics: Metrics;
  readonly #node: string | null;
  readonly #ofEach = new Allowance(OF_EACH);
  readonly #callers: string;
  readonly #toldAtMs = new Map<string, number>();
  #allowance = BURST;
  #allowedAtMs = steadyMs();

  constructor(parts: {
    api: KubeApi | null;
    log: Log;
    metrics: Metrics;
    node: string | null;
    /** In sentences. */
    callers?: string;
  }) {
    this.#api = parts.api;
    this.#log = parts.log;
    this.#metrics = parts.metrics;
    this.#node = parts.node;
    this.#callers = parts.callers ?? 'pod of this node';
  }

  ofPod(pod: PodRecord, notice: RefusalNotice): void {
    this.#metrics.refused(notice.check);
    const { check, roleArn } = notice;
    // An annotation may stand in it, and both are read in terminals.
    const message = visible(notice.message).slice(0, MAX_LENGTH);
    const key = `${pod.uid} ${check} ${message}`;
    if (!this.#isNews(key)) return;
    if (!this.#ofEach.take(pod.uid)) {
      this.#metrics.event('dropped');
      return;
    }
    this.#remember(key);
    this.#log.warn({ ...nameOf(pod), check, role: roleArn, why: message }, 'refused');
    if (this.#api === null) return;
    if (this.#mayTell()) void this.#tell(this.#api, pod, { ...notice, message });
    else this.#metrics.event('dropped');
  }

  /** A caller that is no pod; there is nothing to hang an event on. */
  ofAddress(address: string): void {
    this.#metrics.refused('LK012');
    if (!this.#isNews(`address ${address}`)) return;
    this.#remember(`address ${address}`);
    this.#log.warn({ address, why: `no ${this.#callers} is known to have this address` }, 'refused');
  }

  /**
   * A service account token that is no identity here. Whose it is cannot be told then; which pod sent it
   * often can, by its address, and that one's owner has to know.
   */
  ofBearer(address: string, sender: PodRecord | null, why: string): void {
    const message = `no container credentials: ${why}`;
    if (sender) {
      this.ofPod(sender, { check: 'ID010', reason: 'TokenRefused', message, roleArn: null });
      return;
    }
    this.#metrics.refused('ID010');
    const key = `bearer ${address} ${why}`;
    if (!this.#isNews(key)) return;
    this.#remember(key);
    this.#log.warn({ address, why: message }, 'refused');
  }

  /** A connection that was one too many; nobody but the pod itself is the worse for it. */
  ofConnection(address: string, sender: PodRecord | null, closed: Closed): void {
    this.#metrics.connectionClosed(closed);
    const key = `connection ${address} ${closed}`;
    if (!this.#isNews(key)) return;
    this.#remember(key);
    this.#log.warn({ address, ...(sender && nameOf(sender)), why: whyClosed[closed] }, 'connection closed');
  }

  #isNews(key: string): boolean {
    const told = this.#toldAtMs.get(key);
    return told === undefined || steadyMs() - told >= QUIET_MS;
  }

  #remember(key: string): void {
    this.#toldAtMs.delete(key);
    this.#toldAtMs.set(key, steadyMs());
    if (this.#toldAtMs.size > MAX_REMEMBERED) this.#toldAtMs.delete(this.#toldAtMs.keys().next().value!);
  }

  #mayTell(): boolean {
    const now = steadyMs();
    this.#allowance = Math.min(BURST, this.#allowance + ((now - this.#allowedAtMs) / 1000) * PER_SECOND);
    this.#allowedAtMs = now;
    if (this.#allowance < 1) return false;
    this.#allowance--;
    return true;
  }

  // https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
  async #tell(api: KubeApi, pod: PodRecord, { reason, message, check }: RefusalNotice): Promise<void> {
    const at = new Date().toISOString().replace(/\.\d{3}Z$/, 'Z');
    try {
      await api.post(`/api/v1/namespaces/${pod.namespace}/events`, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: {
          name: `${pod.name.slice(0, 230)}.${randomBytes(8).toString('hex')}`,
          namespace: pod.namespace,
        },
        involvedObject: {
          apiVersion: 'v1',
          kind: 'Pod',
          namespace: pod.namespace,
          name: pod.name,
          uid: pod.uid,
        },
        type: 'Warning',
        reason,
        message: `${message} (${check}; pod-iam explain ${check})`.slice(0, 1024),
        source: { component: 'pod-iam', ...(this.#node && { host: this.#node }) },
        firstTimestamp: at,
        lastTimestamp: at,
        count: 1,
      });
      this.#metrics.event('sent');
    } catch (error) {
      this.#metrics.event('failed');
      this.#log.debug(
        { namespace: pod.namespace, pod: pod.name, why: messageOf(error) },
        'cannot create event',
      );
    }
  }
}

const whyClosed: Record<Closed, string> = {
  idle: 'the address holds as many connections as it may, so its oldest idle one gave way to a new one',
  crowded: 'the address holds as many connections as it may, each with a request under way',
  'sent-ahead': 'requests were sent ahead on one connection before those before them were answered',
};
