import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { open, readdir, readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { Inventory } from '../../../protocol/probes/host.ts';

export interface InterfaceAddress {
  readonly family: 'v4' | 'v6';
  readonly address: string;
  readonly mask: string;
  readonly prefix: number;
}

/** The agent's own machine as its kernel tells of it. What is not there, or may not be read, is null or empty; nothing throws. */
export interface Machine {
  /** Why its owner does not let it be looked at; null: he does. */
  refusal(probe: 'net' | 'host'): string | null;
  /** A small file of /proc or /sys, at once. */
  readNow(path: string): string | null;
  /** One that may keep its reader waiting: drivers ask their hardware. */
  read(path: string): Promise<string | null>;
  listNow(path: string): readonly string[];
  list(path: string): Promise<readonly string[]>;
  /** Where a symbolic link points. */
  linkNow(path: string): string | null;
  /** A file of any size, in pieces of whole lines. */
  pieces(path: string): AsyncIterable<string>;
  /** By interface; of those only that are up. */
  addresses(): ReadonlyMap<string, readonly InterfaceAddress[]>;
  /** The agent's own processes. */
  own(): readonly { readonly name: 'agent' | 'icmp' | 'snmp'; readonly pid: number }[];
  /** What the machine is; asked in a process of its own, so that it may take its time. null: it could not be told. */
  inventory(signal: AbortSignal): Promise<Inventory | null>;
}

const PIECE_BYTES = 64 * 1024;

/** Reads this machine. */
export const systemMachine = (beside: Pick<Machine, 'refusal' | 'own' | 'inventory'>): Machine => ({
  ...beside,
  readNow: (path) => quietly(() => readFileSync(path, 'utf8'), null),
  async read(path) {
    try {
      return await readFile(path, 'utf8');
    } catch {
      return null;
    }
  },
  listNow: (path) => quietly(() => readdirSync(path), []),
  async list(path) {
    try {
      return await readdir(path);
    } catch {
      return [];
    }
  },
  linkNow: (path) => quietly(() => readlinkSync(path), null),
  pieces,
  addresses: readAddresses,
});

/** A file that is not there, or goes away while it is read (an interface, a process), is no error here. */
const quietly = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch {
    return otherwise;
  }
};

async function* pieces(path: string): AsyncGenerator<string> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch {
    return;
  }
  try {
    const buffer = Buffer.alloc(PIECE_BYTES);
    let rest = '';
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES);
      if (bytesRead === 0) break;
      const text = rest + buffer.toString('latin1', 0, bytesRead);
      const end = text.lastIndexOf('\n') + 1;
      rest = text.slice(end);
      if (end > 0) yield text.slice(0, end);
    }
    if (rest !== '') yield rest;
  } finally {
    await file.close();
  }
}

const readAddresses = (): ReadonlyMap<string, readonly InterfaceAddress[]> => {
  const byName = new Map<string, InterfaceAddress[]>();
  for (const [name, all] of Object.entries(quietly(() => networkInterfaces(), {})))
    for (const { family, address, netmask, cidr } of all ?? []) {
      // An address with a label (eth0:1) stands under it; the interface is what is before the colon.
      const owner = name.includes(':') ? name.slice(0, name.indexOf(':')) : name;
      const prefix = Number(cidr?.slice(cidr.lastIndexOf('/') + 1) ?? Number.NaN);
      const one = { family: family === 'IPv4' ? ('v4' as const) : ('v6' as const), address, mask: netmask, prefix };
      if (Number.isInteger(prefix)) byName.set(owner, [...(byName.get(owner) ?? []), one]);
    }
  return byName;
};
