import { readFileSync } from 'node:fs';
import type { Family } from './packet.ts';

/** What the kernel dropped at our sockets, and when: a packet that waited for its reply meanwhile is unknown, not lost. */
export interface Drops {
  /** Reads the kernel's counters; what has risen happened since the last look. */
  look(nowMs: number): void;
  /** Whether a reply that was awaited in [fromMs, toMs] may have been dropped. Right for times before the last look. */
  mayHaveDropped(family: Family, fromMs: number, toMs: number): boolean;
  /** Packets dropped in [fromMs, toMs], both families. */
  countBetween(fromMs: number, toMs: number): number;
  readonly total: number;
}

interface DropWindow {
  readonly family: Family;
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

/** Windows are kept this long: longer than any round waits for a reply. */
const KEPT_MS = 10 * 60_000;

/** `readCounter` gives the kernel's counter of a family's socket, null when it cannot be read. */
export const makeDrops = (families: readonly Family[], readCounter: (family: Family) => number | null, nowMs: number): Drops => {
  let windows: DropWindow[] = [];
  let lookedMs = nowMs;
  let total = 0;
  const lastCount = new Map(families.map((family) => [family, readCounter(family) ?? 0]));
  return {
    get total() {
      return total;
    },
    look: (now) => {
      for (const family of families) {
        const counter = readCounter(family);
        const count = counter === null ? 0 : counter - (lastCount.get(family) ?? 0);
        if (counter !== null) lastCount.set(family, counter);
        if (count <= 0) continue;
        windows = [...windows.filter((window) => window.toMs > now - KEPT_MS), { family, fromMs: lookedMs, toMs: now, count }];
        total += count;
      }
      lookedMs = now;
    },
    mayHaveDropped: (family, fromMs, toMs) =>
      windows.some((window) => window.family === family && window.fromMs <= toMs && window.toMs >= fromMs),
    countBetween: (fromMs, toMs) =>
      windows.reduce((sum, window) => (window.fromMs <= toMs && window.toMs >= fromMs ? sum + window.count : sum), 0),
  };
};

/** The `drops` column of our socket's line in /proc/net/raw or raw6. */
export const parseDrops = (table: string, inode: string): number | null => {
  for (const line of table.split('\n')) {
    const columns = line.trim().split(/\s+/);
    if (columns[9] === inode) return Number(columns.at(-1));
  }
  return null;
};

export const readKernelDrops = (family: Family, inode: string | null): number | null => {
  if (inode === null) return null;
  try {
    return parseDrops(readFileSync(family === 'v4' ? '/proc/self/net/raw' : '/proc/self/net/raw6', 'latin1'), inode);
  } catch {
    return null; // hidden from this process, as in some containers
  }
};
