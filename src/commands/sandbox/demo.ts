import { join } from 'node:path';
import { PodIamCommand } from '../../cli/base.ts';

export default class Demo extends PodIamCommand<typeof Demo> {
  static override summary =
    'Show the whole main job in the sandbox: install, verify, diagnose, repair, uninstall.';
  static override description =
    'Starts the sandbox, runs six commands of pod-iam against it and says at each what it proves. Exits 0 only if ' +
    'every step ends as it should. Takes less than a minute, and leaves nothing behind.';
  static override examples = ['<%= config.bin %> sandbox demo'];

  async run(): Promise<void> {
    const { signal } = this;
    const { startWorld } = await import('../../sandbox/world.ts');
    const { waitForShop } = await import('../../sandbox/shop-ready.ts');
    const { runDemo } = await import('../../sandbox/demo/demo.ts');
    const startedAt = performance.now();
    const world = await startWorld();
    try {
      await waitForShop(world.cluster, signal);
      await runDemo({
        world,
        program: [process.execPath, join(this.config.root, 'bin', 'run.js')],
        path: process.env.PATH ?? '',
        hasColour: this.hasColour,
        signal,
        print: (line) => this.logPainted(line),
      });
    } finally {
      await world.close();
    }
    this.log(`Done in ${Math.round((performance.now() - startedAt) / 1000)} s; nothing is left behind.`);
  }
}
