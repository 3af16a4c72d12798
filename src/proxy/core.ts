// The daemon without its sockets: the watches say which pods there are, each pod's identity is held in
// the vault before it asks, and the routes find both in the parts.
import { auditTrail } from './audit.ts';
import { CHAINED_SECONDS, isRoleSession } from './credentials/sts.ts';
import { type Issue, Vault } from './credentials/vault.ts';
import { roleFinder } from './discovered-roles.ts';
import type { Imds } from './imds.ts';
import { issuanceTold } from './issuance.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import { OwnIdentity, type Self } from './own-identity.ts';
import type { Parts } from './parts.ts';
import { Refusals } from './refusals.ts';
import { callersOf } from './reply.ts';
import { roleAssigner } from './role/assign.ts';
import type { DaemonSettings } from './settings.ts';
import { SessionTokens } from './tokens/session-tokens.ts';
import { Allowance } from './who/allowance.ts';
import type { KubeApi } from './who/api.ts';
import { Bearers } from './who/bearers.ts';
import { watchContainers } from './who/docker/callers.ts';
import type { Engine } from './who/docker/engine.ts';
import { NamespaceIndex } from './who/namespace-index.ts';
import { type ContestListener, PodIndex } from './who/pod-index.ts';
import { nameOf, type PodRecord } from './who/pod-record.ts';
import { startWatches, type Watches } from './who/watches.ts';

/** All that the daemon talks to. */
export interface Outside {
  /** Null beside a Docker engine. */
  api: KubeApi | null;
  engine?: Engine | null;
  imds: Imds;
  sts: { issue: Issue; caller(): Promise<string> };
}

export interface Core {
  parts: Parts;
  watches: Watches;
  close(): void;
}

/** Begins to watch and to fetch at once. */
export function startCore(
  settings: DaemonSettings,
  { api, engine = null, imds, sts }: Outside,
  { log, metrics }: { log: Log; metrics: Metrics },
): Core {
  const namespaces = new NamespaceIndex();
  const pods = new PodIndex((uid, pod) => hold(uid, pod), contestTold(log));
  const { node, docker } = settings;
  const refusals = new Refusals({ api, log, metrics, node, callers: callersOf(docker) });
  const vault = new Vault(sts.issue, issuanceTold({ pods, refusals, metrics, log }));
  const roles = roleFinder(settings, () => self.self);
  const { sessionName, sessionSeconds } = settings;
  const assign = roleAssigner(namespaces, { roles, sessionName, sessionSeconds });
  const self = new OwnIdentity(
    () => sts.caller(),
    log,
    () => {
      warnOfChaining(settings, self.self, log);
      pods.each(hold);
    },
  );

  /** As soon as a pod is bound to the node, and long before it has an address. */
  function hold(uid: string, pod: PodRecord | null): void {
    const knownBy = pod?.mountsToken ? 'token' : 'address';
    vault.hold(uid, pod && !pod.isFinished ? assign(pod, knownBy).identity : null);
  }

  const containers = docker && engine && watchContainers({ docker, engine, node, pods, log, metrics });
  const watches =
    containers ??
    startWatches({
      settings,
      api: api!,
      pods,
      namespaces,
      log,
      metrics,
      onNamespace: (name) =>
        pods.each((uid, pod) => {
          if (name === null || pod.namespace === name) hold(uid, pod);
        }),
    });

  const parts: Parts = {
    settings,
    pods,
    namespaces,
    vault,
    tokens: new SessionTokens(),
    imds,
    self,
    refusals,
    audit: auditTrail(log),
    roles,
    assign,
    container: containerParts(settings.containerAudience, { api, log, metrics }),
    doubtWatch: () => watches.doubt(),
    recheck: containers && ((container, waitMs) => containers.recheck(container, waitMs)),
  };
  return {
    parts,
    watches,
    close() {
      watches.close();
      self.close();
      vault.close();
    },
  };
}

/** Whoever writes annotations can write many: a few lines at once, then one a minute. */
function contestTold(log: Log): ContestListener {
  const lines = new Allowance({ burst: 10, perSecond: 1 / 60 });
  return (address, pods) => {
    if (!lines.take('')) return;
    const why = 'nobody is served there by an announcement until the kubelet has reported a pod';
    log.warn(
      { address, pods: pods.map((pod) => Object.values(nameOf(pod)).join('/')), why },
      'address contested',
    );
  };
}

/** STS would refuse each call for more; the daemon asks for what it can get, and says so once. */
function warnOfChaining({ sessionSeconds }: DaemonSettings, self: Self | null, log: Log): void {
  if (self === null || !isRoleSession(self.arn) || sessionSeconds <= CHAINED_SECONDS) return;
  const why = `${self.arn} is a role session itself, and role chaining allows ${CHAINED_SECONDS} s at most`;
  log.warn({ asked: sessionSeconds, used: CHAINED_SECONDS, why }, 'session duration cut');
}

function containerParts(
  audience: string | null,
  { api, log, metrics }: { api: KubeApi | null; log: Log; metrics: Metrics },
): Parts['container'] {
  if (audience === null || api === null) return null;
  let failure: string | null = null;
  const bearers = new Bearers({
    api,
    audience,
    onReview(outcome, why) {
      metrics.tokenReviewed(outcome);
      if (outcome === 'dropped') return;
      const before = failure;
      failure = outcome === 'failed' ? why : null;
      if (failure !== null && failure !== before) log.warn({ why }, 'cannot review tokens');
    },
  });
  return { audience, bearers };
}
