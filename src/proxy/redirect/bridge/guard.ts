// Keeps the guard of addresses on bridges: its table, and in it what the network plugin has recorded.
import { watch } from 'node:fs';
import { BRIDGE_TABLE } from '../../../model/on-node.ts';
import { withoutCounts, withoutElements } from '../listing.ts';
import type { Endpoint, Kept } from '../rule.ts';
import { ToolError, type Tools } from '../tools.ts';
import { type Bindings, bindingsOf, bridgePortIndex } from './bindings.ts';
import { elementChanges, readSets } from './elements.ts';
import { Records } from './records.ts';
import { renderBridge } from './render.ts';

export interface GuardOptions {
  tools: Tools;
  /** Of the moment. */
  endpoints: () => readonly Endpoint[];
  /** Folder of the network plugin's results. */
  records: string;
}

const tableWords = BRIDGE_TABLE.split(' ');
// A port that goes with its pod between the look and the change is unknown to nft by the name it had.
const maxLooks = 3;
const noBindings = bindingsOf([], () => null);

export function bridgeGuard({ tools, endpoints, records: folder }: GuardOptions): Kept {
  const records = new Records(folder);
  const bindings = async (): Promise<Bindings> => bindingsOf(await records.read(), bridgePortIndex);
  /** Without elements: of which settings the table in place was made, and how nft lists it. */
  let script = '';
  let asSet: string | null = null;
  let watchRecords = (): void => {};

  async function list(): Promise<string | null> {
    const { code, stdout, stderr } = await tools.attempt(['nft', 'list', 'table', ...tableWords]);
    if (code === 0) return stdout;
    if (/No such file or directory/.test(stderr)) return null;
    throw new ToolError(`nft list table ${BRIDGE_TABLE} ended with ${code}: ${stderr.trim().split('\n')[0]}`);
  }

  return {
    async assert() {
      const asked = endpoints();
      await tools.run(['nft', '-f', '-'], renderBridge(asked, await bindings()));
      const listing = await list();
      if (listing === null) throw new ToolError(`nft took the table ${BRIDGE_TABLE} but does not list it`);
      script = renderBridge(asked, noBindings);
      asSet = withoutCounts(withoutElements(listing));
    },
    async check() {
      if (renderBridge(endpoints(), noBindings) !== script) return 'its addresses are others now';
      for (let looks = 1; ; looks++) {
        const listing = await list();
        if (listing === null) return `the table ${BRIDGE_TABLE} is gone`;
        if (withoutCounts(withoutElements(listing)) !== asSet) return `the table ${BRIDGE_TABLE} was changed`;
        watchRecords();
        const changes = elementChanges(readSets(listing), await bindings());
        if (changes === null) return null;
        try {
          await tools.run(['nft', '-f', '-'], changes);
          return null;
        } catch (error) {
          if (looks === maxLooks) throw error;
        }
      }
    },
    async remove() {
      // A kernel that cannot filter on bridges has nothing to remove, and would refuse the command.
      const isThere = async (): Promise<boolean> =>
        (await tools.run(['nft', 'list', 'tables'])).split('\n').includes(`table ${BRIDGE_TABLE}`);
      if (!(await isThere())) return;
      await tools.run(['nft', 'delete', 'table', ...tableWords]);
      if (await isThere()) throw new ToolError(`the table ${BRIDGE_TABLE} is still there`);
    },
    watch(onChange, signal) {
      let isWatching = false;
      watchRecords = () => {
        if (isWatching || signal.aborted) return;
        try {
          const end = (): void => {
            isWatching = false;
          };
          watch(folder, { signal }, onChange).on('error', end).on('close', end);
          isWatching = true;
        } catch {
          // Yet to come: the check by the clock tries again.
        }
      };
      watchRecords();
    },
  };
}
