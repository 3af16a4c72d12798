// Keeps the rule in nftables: one table of our own, beside which nothing of the node's is touched.
import { setTimeout as delay } from 'node:timers/promises';
import { missingLines, renderNft, TABLE, withoutCounts } from './render.ts';
import type { Backend, RedirectRule } from './rule.ts';
import { ToolError, type Tools } from './tools.ts';

const tableWords = TABLE.split(' ');
const monitorPauseMs = 5000;

/** @param rule as it is at the moment; null for a backend that only removes */
export function nftables(tools: Tools, rule: (() => RedirectRule) | null): Backend {
  const render = (): string => (rule === null ? '' : renderNft(rule()));
  let script = '';
  /** How this node's nft lists the table as we set it. */
  let asSet: string | null = null;

  async function list(): Promise<string | null> {
    const { code, stdout, stderr } = await tools.attempt(['nft', 'list', 'table', ...tableWords]);
    if (code === 0) return stdout;
    if (/No such file or directory/.test(stderr)) return null;
    throw new ToolError(`nft list table ${TABLE} ended with ${code}: ${stderr.trim().split('\n')[0]}`);
  }

  return {
    name: 'nft',
    async assert() {
      script = render();
      await tools.run(['nft', '-f', '-'], script);
      const listing = (await list()) ?? '';
      const missing = missingLines(script, listing);
      if (missing.length > 0) throw new ToolError(`nft took the rule but does not list "${missing[0]}"`);
      asSet = withoutCounts(listing);
    },
    async check() {
      if (render() !== script) return "the node's addresses are others now";
      const listing = await list();
      if (listing === null) return `the table ${TABLE} is gone`;
      return withoutCounts(listing) === asSet ? null : `the table ${TABLE} was changed`;
    },
    async remove() {
      // Declared first, so that deleting it succeeds whether it is there or not.
      await tools.run(['nft', '-f', '-'], `table ${TABLE}\ndelete table ${TABLE}\n`);
      if ((await list()) !== null) throw new ToolError(`the table ${TABLE} is still there`);
    },
    watch(onLoss, signal) {
      void follow(tools, onLoss, signal);
    },
  };
}

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
