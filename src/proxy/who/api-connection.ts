// Where the Kubernetes API server is and how to be let in: from a kubeconfig, from flags, or as a
// pod of the cluster. Tokens and CAs in files are read anew for each use, since they are rotated.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { usageProblem } from '../../model/problem.ts';
import { messageOf } from '../log.ts';
import type { DaemonSettings } from '../settings.ts';

export interface ApiConnection {
  /** Without a slash at its end. */
  server: string;
  insecure: boolean;
  /** Throws when a file cannot be read. */
  credentials(): { token: string | null; ca?: string; cert?: string; key?: string };
}

/** @throws Problem of kind usage when nothing says where the API server is */
export function apiConnection(settings: Pick<DaemonSettings, 'api' | 'environment'>): ApiConnection {
  const { api, environment } = settings;
  if (api.kubeconfig) return fromKubeconfig(api.kubeconfig, api.insecure);
  const inCluster = (file: string): string => readFileSync(`${api.dir}/${file}`, 'utf8').trim();
  if (api.server) {
    return {
      server: trimSlash(api.server),
      insecure: api.insecure,
      credentials: () => ({
        token: api.token ?? optional(() => inCluster('token')) ?? null,
        ...caOf(optional(() => inCluster('ca.crt'))),
      }),
    };
  }
  const host = environment['KUBERNETES_SERVICE_HOST'];
  if (!host)
    throw usageProblem({
      code: 'NO_CLUSTER',
      what: 'there is no Kubernetes API server to ask',
      why: 'this does not run in a pod (KUBERNETES_SERVICE_HOST is not set)',
      next: 'pod-iam proxy --kubeconfig FILE, or --api-server URL --api-token TOKEN',
    });
  const port = environment['KUBERNETES_SERVICE_PORT'] ?? '443';
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    insecure: api.insecure,
    credentials: () => ({ token: inCluster('token'), ...caOf(optional(() => inCluster('ca.crt'))) }),
  };
}

interface Kubeconfig {
  'current-context'?: string;
  contexts?: { name: string; context: { cluster: string; user: string } }[];
  clusters?: { name: string; cluster: Record<string, unknown> }[];
  users?: { name: string; user: Record<string, unknown> }[];
}

// https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
function fromKubeconfig(path: string, insecure: boolean): ApiConnection {
  const bad = (why: string): Error =>
    usageProblem({
      code: 'BAD_KUBECONFIG',
      what: `--kubeconfig ${path} cannot be used`,
      why,
      next: 'pod-iam proxy --kubeconfig FILE, or --api-server URL --api-token TOKEN',
    });
  let config: Kubeconfig;
  try {
    config = parse(readFileSync(path, 'utf8')) as Kubeconfig;
  } catch (error) {
    throw bad(messageOf(error).split('\n')[0]!);
  }
  const context = config?.contexts?.find(({ name }) => name === config['current-context'])?.context;
  if (!context) throw bad('it has no current context');
  const cluster = config.clusters?.find(({ name }) => name === context.cluster)?.cluster;
  const user = config.users?.find(({ name }) => name === context.user)?.user ?? {};
  if (typeof cluster?.['server'] !== 'string') throw bad(`its cluster "${context.cluster}" has no server`);
  if (user['exec'] || user['auth-provider'])
    throw bad('its user gets credentials from a program; the daemon needs a token or a client certificate');
  if (user['username'] || user['password'])
    throw bad(
      'its user has a password, which API servers no longer take; the daemon needs a token or a client certificate',
    );
  const read = (from: Record<string, unknown>, name: string): string | undefined => {
    const inline = from[`${name}-data`];
    if (typeof inline === 'string') return Buffer.from(inline, 'base64').toString();
    const file = from[name];
    return typeof file === 'string' ? readFileSync(resolve(dirname(path), file), 'utf8') : undefined;
  };
  return {
    server: trimSlash(cluster['server']),
    insecure: insecure || cluster['insecure-skip-tls-verify'] === true,
    credentials: () => {
      const cert = read(user, 'client-certificate');
      const key = read(user, 'client-key');
      const tokenFile = user['tokenFile'];
      const token =
        typeof tokenFile === 'string'
          ? readFileSync(resolve(dirname(path), tokenFile), 'utf8').trim()
          : (user['token'] as string | undefined);
      return {
        token: token ?? null,
        ...caOf(read(cluster, 'certificate-authority')),
        ...(cert && { cert }),
        ...(key && { key }),
      };
    },
  };
}

const caOf = (ca: string | undefined): { ca?: string } => (ca ? { ca } : {});

const trimSlash = (url: string): string => url.replace(/\/+$/, '');

function optional<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
