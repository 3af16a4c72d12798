// What does not keep the rule from its place, but whoever runs the node should know.
import { readFileSync } from 'node:fs';
import { BACKLOG } from '../listeners.ts';
import { foreignRules } from './foreign.ts';
import { type Backend, endpointsOf, type RedirectRule } from './rule.ts';
import type { Tools } from './tools.ts';

/** Sentences; none when all is well. */
export async function findWarnings(backend: Backend, rule: RedirectRule, tools: Tools): Promise<string[]> {
  const addresses = endpointsOf(rule).map(({ address }) => address);
  return [
    ...[backend.lack, queueFault()].filter((one) => one !== null),
    ...(await foreignRules({ tools, backend, addresses })),
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
