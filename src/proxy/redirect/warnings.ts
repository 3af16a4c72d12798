// What does not keep the rule from its place, but whoever runs the node should know.
import { readFileSync } from 'node:fs';
import type { RedirectWarning } from '../../model/redirect-warning.ts';
import { BACKLOG } from '../listeners.ts';
import { foreignRules } from './foreign.ts';
import { type Backend, endpointsOf, type RedirectRule } from './rule.ts';
import type { Tools } from './tools.ts';

/** None when all is well. Throws when that cannot be told. */
export async function findWarnings(
  backend: Backend,
  rule: RedirectRule,
  tools: Tools,
): Promise<RedirectWarning[]> {
  const addresses = endpointsOf(rule).map(({ address }) => address);
  const lacks = [backend.lack, queueFault()].filter((one) => one !== null);
  const foreign = await foreignRules({ tools, backend, addresses });
  return [
    ...lacks.map((why): RedirectWarning => ({ check: 'NW013', why })),
    ...foreign.map((why): RedirectWarning => ({ check: 'NW004', why })),
  ];
}

/** The kernel cuts the daemon's queue to this, and lets clients that find it full wait for a second. */
export function queueFault(path = '/proc/sys/net/core/somaxconn'): string | null {
  let most: number;
  try {
    most = Number(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
  return most >= BACKLOG
    ? null
    : `net.core.somaxconn is ${most}: set it to ${BACKLOG}, for pods with many clients`;
}
