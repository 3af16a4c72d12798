// The command line of `redirect`, by the daemon's names where the meaning is the same.
import { parseArgs } from 'node:util';
import { splitHostPort, valueFault } from '../../model/daemon-values.ts';
import { APP_PORT, CNI_RESULTS, METADATA_IPV4, STATE_DIR } from '../../model/on-node.ts';
import { usageProblem } from '../../model/problem.ts';
import { hostAddresses } from '../host-addresses.ts';
import type { AntiSpoof } from '../settings.ts';
import { canonicalAddress } from '../who/address.ts';
import { fenceOf, interceptedAddress, type RedirectRule } from './rule.ts';

export interface RedirectFlags {
  /** As it is at the moment; null with --remove, which needs none. */
  rule: (() => RedirectRule) | null;
  /** At most one of each family. */
  hostIps: string[];
  hostRoot: string | null;
  antiSpoof: AntiSpoof;
  /** Folder of the network plugin's results. */
  cniResults: string;
  stateDir: string;
  /** Written by --remove. */
  doneFile: string;
  logLevel: string;
}

const options = {
  'host-ip': { type: 'string' },
  'app-port': { type: 'string', default: APP_PORT },
  'metadata-addr': { type: 'string', default: METADATA_IPV4 },
  'host-interface': { type: 'string' },
  'container-credentials': { type: 'boolean', default: false },
  'fence-host-network': { type: 'boolean', default: false },
  'fence-exempt-users': { type: 'string' },
  'anti-spoof': { type: 'string', default: 'auto' },
  'cni-results': { type: 'string', default: CNI_RESULTS },
  'host-root': { type: 'string' },
  'state-dir': { type: 'string', default: STATE_DIR },
  'done-file': { type: 'string', default: '/done/removed' },
  'log-level': { type: 'string', default: 'info' },
  remove: { type: 'boolean', default: false },
} as const;

/** @throws Problem of kind usage */
export function readRedirectFlags(argv: readonly string[]): RedirectFlags {
  const values = parse(argv);
  const hostIps = (values['host-ip'] ?? '').split(',').map(canonicalAddress);
  const fixed = values.remove ? null : readRule(values);
  return {
    rule: fixed && (() => ({ ...fixed, hosts: hostAddresses(hostIps) })),
    hostIps,
    hostRoot: values['host-root'] || null,
    antiSpoof: readAntiSpoof(values['anti-spoof']),
    cniResults: values['cni-results'],
    stateDir: values['state-dir'],
    doneFile: values['done-file'],
    logLevel: values['log-level'],
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw bad((error as Error).message.split('\n')[0]!);
  }
}

function readRule(values: ReturnType<typeof parse>): Omit<RedirectRule, 'hosts'> {
  const { 'host-ip': hostIp = '', 'app-port': port, 'host-interface': hostInterface = null } = values;
  const fault = valueFault('host-ip', hostIp);
  if (fault) throw bad(`--host-ip ${fault}, not "${hostIp}"`);
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535)
    throw bad(`--app-port must be a port (1 to 65535), not "${port}"`);
  const interfaceFault = hostInterface === null ? null : valueFault('host-interface', hostInterface);
  if (interfaceFault) throw bad(`--host-interface ${interfaceFault}, not "${hostInterface}"`);
  const address = values['metadata-addr'];
  const metadataAddress = interceptedAddress(splitHostPort(address)?.host ?? address);
  const containerCredentials = values['container-credentials'];
  const users = values['fence-exempt-users'] ?? '';
  const usersFault = users === '' ? null : valueFault('fence-exempt-users', users);
  if (usersFault) throw bad(`--fence-exempt-users ${usersFault}, not "${users}"`);
  const fence = fenceOf(values['fence-host-network'], users);
  return { port: Number(port), metadataAddress, hostInterface, containerCredentials, fence };
}

function readAntiSpoof(value: string): AntiSpoof {
  if (value === 'auto' || value === 'required' || value === 'off') return value;
  throw bad(`--anti-spoof must be one of auto, required, off, not "${value}"`);
}

const bad = (what: string): Error =>
  usageProblem({
    code: 'USAGE',
    what,
    next: 'see what "pod-iam manifests" prints for the container "redirect", or write it anew: pod-iam upgrade',
  });
