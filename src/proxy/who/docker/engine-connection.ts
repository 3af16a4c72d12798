// Where the Docker engine is: --docker-host or DOCKER_HOST, with the client certificates of
// DOCKER_CERT_PATH where DOCKER_TLS_VERIFY asks for TLS, as the docker command has it.
// https://docs.docker.com/reference/cli/docker/#environment-variables
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { usageProblem } from '../../../model/problem.ts';
import type { Environment } from '../../settings.ts';
import type { ApiConnection } from '../api-connection.ts';

const DEFAULT_SOCKET = 'unix:///var/run/docker.sock';
/** Of 2016: what is read here has not changed since, and every engine and podman speak it. */
const VERSION = 'v1.24';

/** @throws Problem of kind usage for a host that is none */
export function engineConnection(dockerHost: string | null, environment: Environment): ApiConnection {
  const host = dockerHost ?? environment['DOCKER_HOST'] ?? DEFAULT_SOCKET;
  const name = 'the Docker engine';
  const plain = { insecure: false, name, credentials: () => ({ token: null }) };
  if (host.startsWith('unix://'))
    return { ...plain, server: `http://docker/${VERSION}`, socketPath: host.slice('unix://'.length) };
  const address = /^(tcp|https?):\/\/([^/]+)\/?$/.exec(host);
  if (!address)
    throw usageProblem({
      code: 'USAGE',
      what: `--docker-host "${host}" is no address of a Docker engine`,
      next: 'give unix:///PATH, tcp://HOST:PORT or https://HOST:PORT',
    });
  const isTls = address[1] === 'https' || (address[1] === 'tcp' && Boolean(environment['DOCKER_TLS_VERIFY']));
  const certificates = environment['DOCKER_CERT_PATH'];
  const read = (file: string): string => readFileSync(join(certificates!, file), 'utf8');
  return {
    ...plain,
    server: `${isTls ? 'https' : 'http'}://${address[2]}/${VERSION}`,
    ...(isTls &&
      certificates && {
        credentials: () => ({
          ...{ token: null, ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') },
        }),
      }),
  };
}
