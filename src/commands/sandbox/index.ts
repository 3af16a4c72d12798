import { PodIamCommand } from '../../cli/base.ts';

export default class Sandbox extends PodIamCommand<typeof Sandbox> {
  static override summary =
    'Start an emulated AWS and cluster on this machine, to try everything without either.';
  static override description =
    'Two emulated nodes run their pods as local processes; an emulated AWS checks signatures and trust policies. ' +
    'Needs no root, no account, no cluster and no network. Prints the variables that lead any command there, and ' +
    'stays until it is interrupted; nothing is left behind.';
  static override examples = ['<%= config.bin %> sandbox', '<%= config.bin %> sandbox demo'];

  async run(): Promise<void> {
    const { signal } = this;
    const { startWorld } = await import('../../sandbox/world.ts');
    const { waitForShop } = await import('../../sandbox/shop-ready.ts');
    const { exportLines, installWords } = await import('../../sandbox/hints.ts');
    this.progress.step('starting the sandbox');
    const world = await startWorld();
    try {
      await waitForShop(world.cluster, signal);
      this.progress.end();
      this.log(exportLines(world).join('\n'));
      this.logToStderr(
        [
          '',
          'The sandbox runs. Paste the lines above into another terminal, then for example:',
          `  ${this.config.bin} ${installWords(world.aws.url).join(' ')}`,
          `  ${this.config.bin} verify`,
          'Ctrl-C ends it, and takes everything away again.',
        ].join('\n'),
      );
      await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
    } finally {
      await world.close();
    }
  }
}
