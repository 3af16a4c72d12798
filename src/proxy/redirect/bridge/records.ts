// Which addresses the network plugin gave to which interface, read from the results that the container
// runtime keeps of it. They are written before any container of the pod starts, and no pod can write them.
// https://github.com/containernetworking/cni/blob/main/SPEC.md#section-5-result-types
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalAddress } from '../../who/address.ts';

export interface Attachment {
  /** The interface's name on the node. */
  name: string;
  /** Of the pod behind it, each in one spelling. */
  addresses: string[];
}

interface CniResult {
  interfaces?: { name?: string; sandbox?: string }[];
  ips?: { address?: string }[];
}

/** Reads one result; none of what is not one, or is only half written. */
export function readAttachments(text: string): Attachment[] {
  let record: CniResult & { result?: CniResult };
  try {
    record = JSON.parse(text) as typeof record;
  } catch {
    return [];
  }
  // Before version 0.8 of libcni the file was the bare result.
  const { interfaces = [], ips = [] } = record?.result ?? record ?? {};
  const addresses = ips
    .map(({ address }) => canonicalAddress(String(address).replace(/\/\d+$/, '')))
    .filter((address) => address !== 'undefined');
  if (addresses.length === 0) return [];
  // Those within a sandbox are the pod's own ends.
  return interfaces.flatMap(({ name, sandbox }) => (name && !sandbox ? [{ name, addresses }] : []));
}

interface ReadRecord {
  /** Changes with the file. */
  version: string;
  attachments: Attachment[];
}

/** The results of a folder; a file is read once for each change of it. */
export class Records {
  readonly #folder: string;
  #known = new Map<string, ReadRecord>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** None where there is no such folder: the plugins are run by something that keeps no results there. */
  async read(): Promise<Attachment[]> {
    const names = await readdir(this.#folder).catch(ifAbsent([]));
    const known = new Map<string, ReadRecord>();
    for (const name of names) {
      const path = join(this.#folder, name);
      const version = await stat(path).then(
        ({ mtimeMs, size, ino }) => `${ino} ${mtimeMs} ${size}`,
        ifAbsent(null),
      );
      if (version === null) continue;
      const before = this.#known.get(name);
      if (before?.version === version) known.set(name, before);
      else {
        const text = await readFile(path, 'utf8').catch(ifAbsent(''));
        known.set(name, { version, attachments: readAttachments(text) });
      }
    }
    this.#known = known;
    return [...known.values()].flatMap(({ attachments }) => attachments);
  }
}

const ifAbsent =
  <T>(value: T) =>
  (error: NodeJS.ErrnoException): T => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };
