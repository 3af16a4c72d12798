// The programs that the sandbox puts first on the PATH of its containers: small shell wrappers that
// start ours in the container's stand-in namespaces. Everything they need is written into them, so
// that a container that clears its environment still stays in the sandbox.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NAMESPACE_VARIABLE, type Namespace } from './namespace.ts';

export interface ProgramOptions {
  /** Holds inside.cjs, curl.cjs, nft.cjs and unshare.cjs. */
  tools: string;
  namespace: Namespace;
}

/** What would reach the network by another way than the sandbox's. */
const BLOCKED = [
  'wget',
  'nc',
  'ncat',
  'socat',
  'telnet',
  'ssh',
  'aws',
  'python3',
  'iptables',
  'ip6tables',
  'ip',
];

/** Writes the wrappers of one container. */
export function writePrograms(folder: string, { tools, namespace }: ProgramOptions): void {
  mkdirSync(folder, { recursive: true });
  const inside = join(tools, 'inside.cjs');
  const inSpace = `${NAMESPACE_VARIABLE}=${quote(JSON.stringify(namespace))}`;
  const node = `exec ${quote(process.execPath)}`;
  const onNode = `POD_IAM_SANDBOX_NODE=${quote(namespace.nodeFolder)}`;
  writeProgram(folder, 'node', [`export ${inSpace}`, `${node} --require ${quote(inside)} "$@"`]);
  writeProgram(folder, 'curl', [
    `export ${inSpace}`,
    `${node} --require ${quote(inside)} ${quote(join(tools, 'curl.cjs'))} "$@"`,
  ]);
  writeProgram(folder, 'nft', [`export ${onNode}`, `${node} ${quote(join(tools, 'nft.cjs'))} "$@"`]);
  writeProgram(folder, 'unshare', [`${node} ${quote(join(tools, 'unshare.cjs'))} "$@"`]);
  for (const name of BLOCKED) {
    writeProgram(folder, name, [`echo "${name}: the sandbox has no ${name}" >&2`, 'exit 127']);
  }
}

/** The node's own tools, which containers reach through a mount of its /usr. */
export function writeHostPrograms(hostRoot: string, nodeFolder: string, tools: string): void {
  const folder = join(hostRoot, 'usr', 'sbin');
  mkdirSync(folder, { recursive: true });
  writeProgram(folder, 'nft', [
    `export POD_IAM_SANDBOX_NODE=${quote(nodeFolder)}`,
    `exec ${quote(process.execPath)} ${quote(join(tools, 'nft.cjs'))} "$@"`,
  ]);
}

function writeProgram(folder: string, name: string, lines: string[]): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${lines.join('\n')}\n`, { mode: 0o755 });
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
