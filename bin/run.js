#!/usr/bin/env node
// The version guard stands before any import: on an older Node the dependencies fail with a
// message that helps nobody. Old syntax only, so that every Node reads this far.
var version = process.versions.node.split('.').map(Number);
var enough = version[0] > 22 || (version[0] === 22 && version[1] >= 19);
if (enough) {
  import('./start.js').then((start) => start.default());
} else {
  process.stderr.write(
    'pod-iam needs Node 22.19 or newer, and this is ' +
      process.version +
      '. Next: npx -p node@24 -p pod-iam pod-iam ' +
      process.argv.slice(2).join(' ') +
      '\n',
  );
  process.exitCode = 2;
}
