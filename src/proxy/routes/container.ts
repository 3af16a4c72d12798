// The container credentials endpoint, in the protocol of the EKS Pod Identity agent: the token alone in
// the Authorization header, credentials as JSON, errors as text. Nothing here looks at the address.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
import { CONTAINER_IPV4, CONTAINER_IPV6, CONTAINER_PATH } from '../../model/container-credentials.ts';
import type { Ask, Parts } from '../parts.ts';
import { type Answer, containerRefusal, credentialsFailedInText, instant, json } from '../reply.ts';
import { bearerNow, findBearer } from './bearer.ts';
import { provide } from './provide.ts';
import type { RequestTarget } from './target.ts';

/** Whether a Host header names the endpoint. As at the agent of EKS, any port will do, and no brackets. */
function isContainerHost(host: string): boolean {
  const [, address = host] = /^(\[.*\]|[^:]*):\d*$/.exec(host) ?? [];
  return [CONTAINER_IPV4, CONTAINER_IPV6, `[${CONTAINER_IPV6}]`].includes(address.toLowerCase());
}

/** Whether a request is for this endpoint; what is not belongs to the metadata service. */
export const isForContainer = (ask: Ask, { target }: RequestTarget): boolean =>
  target.kind === 'container' || isContainerHost(ask.header('host') ?? '');

export async function answerContainer(
  ask: Ask,
  { authority, target }: RequestTarget,
  container: NonNullable<Parts['container']>,
  parts: Parts,
): Promise<Answer> {
  const hosts = [ask.header('host') ?? '', ...(authority === null ? [] : [authority])];
  if (!hosts.every(isContainerHost))
    return containerRefusal(403, `the Host header must be ${CONTAINER_IPV4} or [${CONTAINER_IPV6}]`);
  if (target.kind !== 'container') return containerRefusal(404, `only ${CONTAINER_PATH} is answered here`);
  if (ask.method !== 'GET' && ask.method !== 'HEAD')
    return containerRefusal(405, 'only GET and HEAD are answered here', { Allow: 'GET, HEAD' });
  const { caller, answer } = await findBearer(ask, container, parts);
  if (!caller) return answer;
  return provide(caller, parts, {
    again: ({ pod }) => bearerNow(pod, parts),
    give(given, credentials) {
      parts.audit({ ...given, credentials, address: ask.address, knownBy: 'token' });
      return json({
        AccessKeyId: credentials.accessKeyId,
        SecretAccessKey: credentials.secretAccessKey,
        Token: credentials.sessionToken,
        AccountId: given.role.arn.account,
        Expiration: instant(credentials.expiresAtMs),
      });
    },
    failed: credentialsFailedInText,
  });
}
