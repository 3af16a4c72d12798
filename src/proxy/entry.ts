// The entry of the bundle that runs on a node: the daemon, or with `redirect` the keeper of its rule.
import './small-heap.ts';
import { main } from './main.ts';
import { redirectMain } from './redirect/main.ts';

const argv = process.argv.slice(2);

void (argv[0] === 'redirect' ? redirectMain(argv.slice(1)) : main(argv)).then((code) => {
  process.exitCode = code;
});
