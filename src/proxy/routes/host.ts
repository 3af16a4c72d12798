// Which Host headers are answered: a page in a browser that resolves its own name to the metadata
// address (DNS rebinding) sends its own name here, and gets nothing.
import { isIPv6 } from 'node:net';
import { METADATA_IPV4, METADATA_IPV6 } from '../../model/on-node.ts';

/**
 * @param metadataHost null when the real service is not on port 80, where no pod would look for it
 * @param extra from --allowed-hosts, with a port or without; without, any port goes
 */
export function hostCheck(metadataHost: string | null, extra: readonly string[]): (host: string) => boolean {
  const own = [METADATA_IPV4, `[${METADATA_IPV6}]`];
  if (metadataHost !== null) own.push(bracketed(metadataHost).toLowerCase());
  const more = extra.map((host) => host.toLowerCase());
  return (given) => {
    if (own.includes(given)) return true;
    const host = given.toLowerCase();
    const name = host.replace(/:\d*$/, '');
    if (own.includes(host.replace(/:80$/, ''))) return true;
    return more.includes(host) || more.includes(name);
  };
}

const bracketed = (host: string): string => (isIPv6(host) ? `[${host}]` : host);
