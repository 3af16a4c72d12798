// `npm run bench`: measures the daemon as it is deployed, prints each figure beside its goal, and ends with
// 1 when a goal is missed. `--quick` for CI, `--node=PROGRAM` for another Node, names for some measures only.
import { parseArgs } from 'node:util';
import { type Figure, tableOf } from './figures.ts';
import { appearing } from './measures/appearing.ts';
import { burst } from './measures/burst.ts';
import { cached } from './measures/cached.ts';
import { expiry } from './measures/expiry.ts';
import { memory } from './measures/memory.ts';
import { ready } from './measures/ready.ts';
import type { Measure } from './measuring.ts';
import { startBenchWorld } from './world.ts';

const measures: Record<string, Measure> = { cached, burst, appearing, expiry, memory, ready };

const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    node: { type: 'string', default: process.execPath },
  },
  allowPositionals: true,
});
const wrong = positionals.filter((name) => !(name in measures));
if (wrong.length > 0) {
  process.stderr.write(
    `there is no measure ${wrong.join(', ')}; there are ${Object.keys(measures).join(', ')}\n`,
  );
  process.exit(2);
}
const figures: Figure[] = [];
for (const name of positionals.length > 0 ? positionals : Object.keys(measures)) {
  process.stderr.write(`${name} …\n`);
  const world = await startBenchWorld({ node: values.node });
  try {
    figures.push(...(await measures[name]!(world, { isQuick: values.quick, node: values.node })));
  } finally {
    await world.stop();
  }
}
process.stdout.write(`${tableOf(figures)}\n\n`);
const count = (wanted: Figure['verdict']): number =>
  figures.filter(({ verdict }) => verdict === wanted).length;
process.stdout.write(`${count('met')} passed, ${count('missed')} failed, ${count('machine')} skipped\n`);
process.exitCode = count('missed') === 0 ? 0 : 1;
