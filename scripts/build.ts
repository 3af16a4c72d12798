// Builds dist/: the command line as one entry per command with shared chunks, and the daemon as
// one CommonJS file (dist/proxy/proxy.cjs, plus its gzip) that a stock Node image runs as it is.
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
import { sandboxTools } from './sandbox-tools.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

// Built beside dist/ (as deep, for the source maps): a build that fails leaves the last good one in place.
const draft = `.dist-${process.pid}`;

const shared: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node22',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  // Otherwise named imports of the AWS SDK come out of a dynamic import as undefined.
  mainFields: ['module', 'main'],
  define: { __POD_IAM_VERSION__: JSON.stringify(version) },
  logLevel: 'warning',
};

const proxy: BuildOptions = {
  ...shared,
  entryPoints: { proxy: 'src/proxy/entry.ts' },
  outdir: `${draft}/proxy`,
  // Nothing here asks a function for its name, and naming each takes time at the start and memory.
  keepNames: false,
  // Loaded for nothing, each of these would be resident on every node.
  alias: {
    '@fastify/ajv-compiler': './scripts/stand-ins/left-out.cjs',
    '@fastify/fast-json-stringify-compiler': './scripts/stand-ins/left-out.cjs',
    'light-my-request': './scripts/stand-ins/left-out.cjs',
    'node:http2': './scripts/stand-ins/left-out.cjs',
    'thread-stream': './scripts/stand-ins/left-out.cjs',
    worker_threads: './scripts/stand-ins/main-thread.cjs',
    '@opentelemetry/api': './scripts/stand-ins/no-tracing.cjs',
    yaml: './node_modules/yaml/browser/index.js',
  },
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
};

const commandLine: BuildOptions = {
  ...shared,
  entryPoints: [
    'src/cli/main.ts',
    'src/cli/help.ts',
    'src/cli/command-not-found.ts',
    ...globSync('src/commands/**/*.ts'),
  ],
  outbase: 'src',
  outdir: draft,
  format: 'esm',
  splitting: true,
  sourcemap: 'linked',
  sourcesContent: false,
  chunkNames: 'chunks/[name]-[hash]',
  external: ['typescript', 'ts-node', 'tsx'],
  // Its CommonJS build comes out of a dynamic import without named exports; this is the same as ES modules.
  alias: {
    yaml: './node_modules/yaml/browser/index.js',
    'wsl-utils': './scripts/stand-ins/wsl-utils.ts',
    tinyglobby: './scripts/stand-ins/tinyglobby.cjs',
  },
  // CommonJS dependencies inside an ES module bundle still ask for these.
  banner: {
    js: "import{createRequire as __cr}from'node:module';import{fileURLToPath as __fp}from'node:url';import{dirname as __dn}from'node:path';const require=__cr(import.meta.url),__filename=__fp(import.meta.url),__dirname=__dn(__filename);",
  },
};

try {
  await Promise.all([
    build(proxy),
    build(commandLine),
    build({ ...sandboxTools, outdir: `${draft}/sandbox` }),
  ]);
  writeFileSync(
    `${draft}/proxy/proxy.cjs.gz`,
    gzipSync(readFileSync(`${draft}/proxy/proxy.cjs`), { level: 9 }),
  );
  rmSync('dist', { recursive: true, force: true });
  renameSync(draft, 'dist');
} finally {
  rmSync(draft, { recursive: true, force: true });
}
// Last, and always: oclif believes the manifest, and knows no command that it does not name.
execFileSync(process.execPath, ['node_modules/oclif/bin/run.js', 'manifest'], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
// In the order of their names: the file system's order differs between machines.
const manifest = JSON.parse(readFileSync('oclif.manifest.json', 'utf8')) as { commands: object };
manifest.commands = Object.fromEntries(
  Object.entries(manifest.commands).sort(([a], [b]) => (a < b ? -1 : 1)),
);
writeFileSync('oclif.manifest.json', `${JSON.stringify(manifest, null, 2)}\n`);
