import { createReadStream, existsSync, globSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress } from 'node:zlib';
import * as z from 'zod';
import { type ArchiveFile, writeArchive } from './archive.ts';

/** First in every backup: what it is and what is in it. */
export const BackupManifest = z.object({
  kind: z.literal('sonde-controller-backup'),
  format: z.literal(1),
  version: z.string(),
  /** ms since the epoch. */
  at: z.number(),
  files: z.array(z.string()),
});
export type BackupManifest = z.infer<typeof BackupManifest>;

export interface BackupOptions {
  readonly data: string;
  readonly version: string;
  readonly atMs: number;
  /** What is being done, and how far of it: 0 to 1. */
  readonly tell: (what: string, share: number) => void;
}

/** Belongs to a running process, not to the fleet. `agent/agent.db` is the local agent's spool: it has that one locked, and sends what is in it again. */
const LEFT_OUT =
  /^(lock\.db|.*-(wal|shm|journal)|.*\.sock|.*\.tmp|agent\/(agent\.db|status\.json)|\.(backup|restore)-.*|before-restore-.*)$/;
const COPIES = '.backup-';

/**
 * Writes everything that a controller is into one compressed tar, while it runs. Databases are copied by SQLite itself, each as of one moment: first the
 * control database, then the arrival log, then the rest, so that every cursor points at something that is in the backup.
 */
export const writeBackup = async (
  { data, version, atMs, tell }: BackupOptions,
  to: Writable,
  signal: AbortSignal,
): Promise<BackupManifest> => {
  const names = globSync('**', { cwd: data, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(data.length + 1))
    .filter((name) => !LEFT_OUT.test(name) && !name.split('/').some((part) => LEFT_OUT.test(part)))
    .toSorted();
  const first = ['control.db', 'arrivals.db'];
  const databases = [...first, ...names.filter((name) => name.endsWith('.db') && !first.includes(name))].filter((name) =>
    names.includes(name),
  );
  const others = names.filter((name) => !databases.includes(name));
  const manifest: BackupManifest = { kind: 'sonde-controller-backup', format: 1, version, at: atMs, files: [...others, ...databases] };
  const sizeOf = (name: string): number => statSync(join(data, name), { throwIfNoEntry: false })?.size ?? 0;
  const allBytes = manifest.files.reduce((sum, name) => sum + sizeOf(name) + sizeOf(`${name}-wal`), 0);
  const copies = join(data, `${COPIES}${process.pid}`);
  mkdirSync(copies, { mode: 0o700 });
  try {
    let done = 0;
    const files = async function* (): AsyncGenerator<ArchiveFile> {
      const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
      yield { path: 'manifest.json', sizeBytes: text.length, content: [text] };
      for (const name of manifest.files) {
        tell(name, Math.min(1, done / allBytes));
        const isDatabase = databases.includes(name);
        const path = isDatabase ? copyDatabase(join(data, name), join(copies, basename(name))) : join(data, name);
        const sizeBytes = statSync(path).size;
        yield {
          path: name,
          sizeBytes,
          content: counted(createReadStream(path), (bytes) => tell(name, Math.min(1, (done += bytes) / allBytes))),
        };
        if (isDatabase) rmSync(path);
      }
    };
    const compress = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: 6, [constants.ZSTD_c_checksumFlag]: 1 } });
    await pipeline(writeArchive(files(), atMs), compress, to, { signal });
    tell('done', 1);
    return manifest;
  } finally {
    rmSync(copies, { recursive: true, force: true });
  }
};

/** A copy as of one moment, made by SQLite beside whoever writes; smaller, because what was deleted is not in it. */
const copyDatabase = (from: string, to: string): string => {
  if (existsSync(to)) rmSync(to);
  const db = new DatabaseSync(from, { timeout: 10_000 });
  try {
    db.prepare('VACUUM INTO ?').run(to);
  } finally {
    db.close();
  }
  return to;
};

async function* counted(bytes: AsyncIterable<Uint8Array>, tell: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    tell(chunk.length);
    yield chunk;
  }
}
