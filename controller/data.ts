import { chmodSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Db } from '../protocol/database.ts';

/** Where everything lies in the data directory. */
export const pathsIn = (data: string) =>
  ({
    keys: join(data, 'keys'),
    control: join(data, 'control.db'),
    arrivals: join(data, 'arrivals.db'),
    series: join(data, 'series.db'),
    /** The InfluxDB that the web admin has set, with its password: for the owner only. */
    influx: join(data, 'influx.json'),
    socket: join(data, 'controller.sock'),
    agent: join(data, 'agent'),
    /** What an external broker needs, once `broker mosquitto-config` has written it. */
    broker: join(data, 'mosquitto'),
  }) as const;

/** Makes the directory for its owner only. Throws with the path when it may not. */
export const prepareDirectory = (data: string): void => {
  makeDirectories(data, 0o700);
  if ((statSync(data).mode & 0o077) !== 0) chmodSync(data, 0o700);
};

/** With those above it, level by level: Node's own `recursive` never ends where the system says that the parent, which is there, is not (below /proc). Throws with the path. */
export const makeDirectories = (path: string, mode = 0o777): void => {
  if (existsSync(path)) return;
  const above = dirname(path);
  if (above !== path) makeDirectories(above, mode);
  mkdirSync(path, { mode });
};

export const openDatabase = (path: string): Db => new DatabaseSync(path);

/** Bytes of all files below the directory. */
export const bytesBelow = (directory: string): number => {
  let bytes = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
};

/** What this user may still write on the directory's file system; null when it does not say. */
export const freeBytesAt = async (directory: string): Promise<number | null> => {
  const { bavail, bsize } = await statfs(directory);
  return bsize > 0 ? bavail * bsize : null;
};
