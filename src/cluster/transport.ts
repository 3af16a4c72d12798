// How requests reach the API server: the library's paths, discovery and credentials, but one pool of
// connections (the library opens one per request), a time-out for each request, and objects as the server sent them
// (the library's models drop fields they do not know and turn times into Dates).
import type {
  CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  ResponseContext,
  VersionApi,
} from '@kubernetes/client-node';
import { environmentProblem } from '../model/problem.ts';

export interface KubeApis {
  objects: KubernetesObjectApi;
  core: CoreV1Api;
  versions: VersionApi;
}

/** Attempts when the server says that it is too busy (429), which it does before it begins anything. */
const maxAttempts = 4;
const longestRetryMs = 5_000;

/** @param namespace of namespaced objects that name none */
export async function openApis(config: KubeConfig, namespace: string, timeoutMs: number): Promise<KubeApis> {
  const library = await import('@kubernetes/client-node');
  const user = config.getCurrentUser();
  const sender = new library.IsomorphicFetchHttpLibrary();
  let pool: ReturnType<InstanceType<typeof library.RequestContext>['getDispatcher']>;

  const configuration = library.createConfiguration({
    baseServer: new library.ServerConfiguration(config.getCurrentCluster()!.server, {}),
    authMethods: {
      default: {
        getName: () => config.getName(),
        applySecurityAuthentication: async (request) => {
          try {
            await config.applySecurityAuthentication(request);
          } catch (error) {
            throw credentialProblem(error as NodeJS.ErrnoException, user?.name ?? '', user?.exec?.command);
          }
        },
      },
    },
    httpApi: library.wrapHttpLibrary({
      send: async (request) => {
        pool ??= request.getDispatcher();
        if (pool) request.setDispatcher(pool);
        for (let attempt = 1; ; attempt++) {
          request.setSignal(AbortSignal.timeout(timeoutMs));
          const response = await sender.send(request).toPromise();
          if (response.httpStatusCode !== 429 || attempt === maxAttempts) return response;
          const retryMs = Number(response.headers['retry-after'] ?? 1) * 1000;
          await new Promise((resolve) => setTimeout(resolve, Math.min(retryMs || 1000, longestRetryMs)));
        }
      },
    }),
  });

  class PlainObjectApi extends library.KubernetesObjectApi {
    protected override defaultNamespace = namespace;

    protected override async resource(apiVersion: string, kind: string) {
      const resource = await super.resource(apiVersion, kind);
      if (resource) return resource;
      throw environmentProblem({
        code: 'UNKNOWN_KIND',
        what: `the cluster does not know the kind ${kind} of ${apiVersion}`,
        next: 'kubectl api-resources',
      });
    }

    protected override async processResponse<T>(response: ResponseContext): Promise<T> {
      const text = await response.body.text();
      if (response.httpStatusCode < 200 || response.httpStatusCode > 299)
        throw new library.ApiException(response.httpStatusCode, '', text, {});
      return JSON.parse(text) as T;
    }
  }

  return {
    objects: new PlainObjectApi(configuration),
    core: new library.CoreV1Api(configuration),
    versions: new library.VersionApi(configuration),
  };
}

function credentialProblem(error: NodeJS.ErrnoException, user: string, plugin: string | undefined) {
  const missing = error.code === 'ENOENT';
  if (plugin === undefined) {
    return environmentProblem({
      code: 'BAD_KUBECONFIG',
      what: `the credentials of user ${user} in the kubeconfig cannot be read`,
      why: missing && error.path ? `there is no file ${error.path}` : firstLine(error.message),
      next: 'kubectl config view',
      cause: error,
    });
  }
  return environmentProblem({
    code: 'CREDENTIAL_PLUGIN',
    what: `the credential plugin "${plugin}" of user ${user} ${missing ? 'is not installed' : 'failed'}`,
    why: missing ? `there is no program "${plugin}" on the PATH` : firstLine(error.message),
    next: missing ? `install ${plugin}, then: kubectl auth whoami` : 'kubectl auth whoami',
    cause: error,
  });
}

const firstLine = (text: string): string => text.trim().split('\n')[0] || 'it gave no reason';
