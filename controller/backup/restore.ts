import { createWriteStream, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import { describe } from '../../protocol/codec.ts';
import { openSigningKeys } from '../pki/signing.ts';
import { readArchive } from './archive.ts';
import { BackupManifest } from './backup.ts';

export interface RestoreOptions {
  readonly data: string;
  /** Bytes of the backup file, for the progress; 0 when nobody knows. */
  readonly sizeBytes: number;
  readonly atMs: number;
  /** What is there already goes aside instead of being a reason to refuse. */
  readonly force: boolean;
  readonly tell: (what: string, share: number) => void;
}

export interface Restored {
  readonly manifest: BackupManifest;
  /** Where what was there before lies now; null when nothing was. */
  readonly before: string | null;
  /** The generation from now on; null when the root key is not in the backup, and the old one goes on. */
  readonly generation: number | null;
}

/** What is wrong with a backup or with the place for it, for the operator. */
export class RestoreRefused extends Error {}

const OWN = /^(\.restore-|before-restore-|lock\.db|controller\.sock)/;

/**
 * Puts a backup into the data directory, whose lock the caller holds. All of it is unpacked and looked at first; then it takes the place of what is there.
 * The signing key gets its next generation, so that agents, which only ever go forward, follow revisions that are counted from an older one.
 */
export const restoreBackup = async (from: AsyncIterable<Uint8Array>, options: RestoreOptions, signal: AbortSignal): Promise<Restored> => {
  const { data, atMs, force, tell } = options;
  const occupied = readdirSync(data).filter((name) => !OWN.test(name));
  if (occupied.length > 0 && !force)
    throw new RestoreRefused(`${data} is not empty (${occupied.slice(0, 3).join(', ')} …): --force puts what is there aside`);
  const staging = join(data, `.restore-${process.pid}`);
  mkdirSync(staging, { mode: 0o700 });
  try {
    const manifest = await unpack(from, staging, options, signal);
    for (const name of manifest.files.filter((file) => file.endsWith('.db'))) {
      tell(`checking ${name}`, 1);
      checkDatabase(join(staging, name), name);
    }
    forgetRollUps(join(staging, 'control.db'));
    const before =
      occupied.length === 0 ? null : join(data, `before-restore-${new Date(atMs).toISOString().slice(0, 19).replaceAll(':', '')}`);
    if (before !== null) {
      mkdirSync(before, { mode: 0o700 });
      for (const name of occupied) renameSync(join(data, name), join(before, name));
    }
    for (const name of readdirSync(staging)) renameSync(join(staging, name), join(data, name));
    return { manifest, before, generation: raise(join(data, 'keys')) };
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
};

const unpack = async (
  from: AsyncIterable<Uint8Array>,
  staging: string,
  { sizeBytes, tell }: RestoreOptions,
  signal: AbortSignal,
): Promise<BackupManifest> => {
  let read = 0;
  let manifest = noManifest();
  const found = new Set<string>();
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of from) {
      read += chunk.length;
      yield chunk;
    }
  };
  const take = async (plain: AsyncIterable<Uint8Array>): Promise<void> => {
    for await (const { path, content } of readArchive(plain)) {
      if (manifest === null) {
        manifest = parseManifest(path, Buffer.concat(await Readable.from(content).toArray()).toString('utf8'));
        continue;
      }
      if (!manifest.files.includes(path) || normalize(path) !== path || path.startsWith('/') || path.startsWith('..'))
        throw new RestoreRefused(`the backup has a file that its list does not name: ${path}`);
      tell(path, sizeBytes === 0 ? 0 : Math.min(1, read / sizeBytes));
      mkdirSync(dirname(join(staging, path)), { recursive: true, mode: 0o700 });
      await pipeline(Readable.from(content), createWriteStream(join(staging, path), { mode: 0o600, flush: true }));
      found.add(path);
    }
  };
  try {
    await pipeline(counted, createZstdDecompress(), take, { signal });
  } catch (error) {
    if (error instanceof RestoreRefused) throw error;
    throw new RestoreRefused(`this backup cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const missing = manifest?.files.filter((name) => !found.has(name)) ?? ['manifest.json'];
  if (manifest === null || missing.length > 0) throw new RestoreRefused(`the backup is not whole: ${missing.join(', ')} is missing`);
  return manifest;
};

/** Typed so that what a callback sets later is believed. */
const noManifest = (): BackupManifest | null => null;

const parseManifest = (path: string, text: string): BackupManifest => {
  const parsed = path === 'manifest.json' ? BackupManifest.safeParse(JSON.parse(text)) : null;
  if (parsed === null) throw new RestoreRefused('this is not a backup of a controller: it does not begin with manifest.json');
  if (!parsed.success) throw new RestoreRefused(`this backup is of another kind or version: ${describe(parsed.error)}`);
  return parsed.data;
};

const checkDatabase = (path: string, name: string): void => {
  const db = new DatabaseSync(path);
  try {
    const row = db.prepare('PRAGMA quick_check(1)').get();
    if (row?.['quick_check'] !== 'ok') throw new RestoreRefused(`${name} in this backup is damaged: ${String(row?.['quick_check'])}`);
  } finally {
    db.close();
  }
};

/** An InfluxDB has gone on since: which of its roll-ups hold is found out anew. A backup of an older layout speaks of none. */
const forgetRollUps = (control: string): void => {
  const db = new DatabaseSync(control);
  try {
    const find = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
    for (const name of ['rollup_hours', 'rollup_parts']) if (find.get(name) !== undefined) db.exec(`DELETE FROM ${name}`);
  } finally {
    db.close();
  }
};

const raise = (keys: string): number | null => {
  if (!existsSync(join(keys, 'signing.key'))) return null;
  const signer = openSigningKeys(keys);
  if (!signer.rootIsHere) return null;
  signer.raiseGeneration();
  return signer.generation();
};
