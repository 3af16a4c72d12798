// Keeps the rule in nftables: one table of our own, beside which nothing of the node's is touched.
import { setTimeout as delay } from 'node:timers/promises';
import { REDIRECT_TABLE } from '../../model/on-node.ts';
import { setLimited } from './limit.ts';
import { missingLines, withoutCounts, withoutElements } from './listing.ts';
import { renderNft } from './render.ts';
import type { Backend, RedirectRule } from './rule.ts';
import { ToolError, type Tools } from './tools.ts';

const tableWords = REDIRECT_TABLE.split(' ');
const monitorPauseMs = 5000;

/** @param rule as it is at the moment; null for a backend that only removes */
export function nftables(tools: Tools, rule: (() => RedirectRule) | null): Backend {
  const render = (isLimited: boolean): string => (rule === null ? '' : renderNft(rule(), isLimited));
  let script = '';
  let lack: string | null = null;
  /** How this node's nft lists the table as we set it. */
  let asSet: string | null = null;

  async function list(): Promise<string | null> {
    const { code, stdout, stderr } = await tools.attempt(['nft', 'list', 'table', ...tableWords]);
    if (code === 0) return stdout;
    if (/No such file or directory/.test(stderr)) return null;
    throw new ToolError(
      `nft list table ${REDIRECT_TABLE} ended with ${code}: ${stderr.trim().split('\n')[0]}`,
    );
  }

  async function set(isLimited: boolean): Promise<void> {
    script = render(isLimited);
    await tools.run(['nft', '-f', '-'], script);
    const listing = (await list()) ?? '';
    const missing = missingLines(script, listing);
    if (missing.length > 0) throw new ToolError(`nft took the rule but does not list "${missing[0]}"`);
    asSet = stable(listing);
  }

  return {
    name: 'nft',
    program: 'nft',
    get lack() {
      return lack;
    },
    async assert() {
      lack = await setLimited(set);
    },
    async check() {
      if (render(lack === null) !== script) return "the node's addresses are others now";
      const listing = await list();
      if (listing === null) return `the table ${REDIRECT_TABLE} is gone`;
      return stable(listing) === asSet ? null : `the table ${REDIRECT_TABLE} was changed`;
    },
    async remove() {
      // Declared first, so that deleting it succeeds whether it is there or not.
      await tools.run(['nft', '-f', '-'], `table ${REDIRECT_TABLE}\ndelete table ${REDIRECT_TABLE}\n`);
      if ((await list()) !== null) throw new ToolError(`the table ${REDIRECT_TABLE} is still there`);
    },
    watch(onLoss, signal) {
      void follow(tools, onLoss, signal);
    },
  };
}

/** Of a listing what stays as it was set. */
const stable = (listing: string): string => withoutCounts(withoutElements(listing));

/** Our own setting of the table deletes the old one, too: who is told has to look first. */
async function follow(tools: Tools, onLoss: () => void, signal: AbortSignal): Promise<void> {
  // The guard's table as well; what its sets hold is looked after by its own check.
  const isOurs = (line: string): boolean => /^delete (?!element)\w+ (?:inet|bridge) pod_iam\b/.test(line);
  while (!signal.aborted) {
    await tools.follow(['nft', 'monitor', 'destroy'], (line) => isOurs(line) && onLoss(), signal);
    // It ends where the kernel or nft cannot do this; the check by the clock goes on.
    await delay(monitorPauseMs, undefined, { signal }).catch(() => {});
  }
}
