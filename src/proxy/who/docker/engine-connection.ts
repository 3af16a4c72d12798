// Where the Docker engine is, as the docker command and docker-py take it: a socket, or a URL with the
// client certificates of DOCKER_CERT_PATH where DOCKER_TLS_VERIFY asks for TLS.
// https://docs.docker.com/reference/cli/docker/#environment-variables
import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { join } from 'node:path';
import { usageProblem } from '../../../model/problem.ts';
import type { Environment } from '../../settings.ts';

export interface EngineConnection {
  /** For sentences. */
  host: string;
  isTls: boolean;
  /** Where to, and with which certificates. Throws when a file cannot be read. */
  options(): RequestOptions;
}

/** @throws Problem of kind usage for a host that is none */
export function engineConnection(host: string, environment: Environment): EngineConnection {
  // docker-py, and so metadataproxy, writes it with two slashes.
  const socket = /^unix:\/\/\/?([^/].*)$/.exec(host)?.[1];
  if (socket !== undefined) return { host, isTls: false, options: () => ({ socketPath: `/${socket}` }) };
  const [, scheme, authority] = /^(tcp|https?):\/\/([^/]+)\/?$/.exec(host) ?? [];
  if (authority === undefined || !URL.canParse(`http://${authority}`))
    throw usageProblem({
      code: 'USAGE',
      what: `"${host}" is no address of a Docker engine`,
      why: 'it comes from --docker-host, else from DOCKER_HOST or DOCKER_URL',
      next: 'give unix:///PATH, tcp://HOST:PORT or https://HOST:PORT',
    });
  const isTls = scheme === 'https' || (scheme === 'tcp' && Boolean(environment['DOCKER_TLS_VERIFY']));
  const { hostname, port } = new URL(`http://${authority}`);
  const to = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (isTls ? 2376 : 2375) };
  const folder = isTls ? environment['DOCKER_CERT_PATH'] : undefined;
  const read = (file: string): Buffer => readFileSync(join(folder!, file));
  return {
    host,
    isTls,
    options: () => ({
      ...to,
      ...(folder && { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') }),
    }),
  };
}
