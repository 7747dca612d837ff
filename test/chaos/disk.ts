import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** A small disk of its own under a directory, which may be filled to the last byte. */
export interface SmallDisk extends Disposable {
  fill(): void;
  free(): void;
}

/** Mounts it; throws when this host may not. */
export const mountSmallDisk = (directory: string, size: string): SmallDisk => {
  mkdirSync(directory, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'sonde-chaos', directory]);
  const filler = join(directory, 'filler');
  return {
    fill: () => {
      const file = openSync(filler, 'w');
      try {
        const { bavail, bsize } = statfsSync(directory);
        const block = Buffer.alloc(bsize, 1);
        for (let i = 0; i < bavail + 100; i += 1) if (writeSync(file, block) < bsize) break;
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(filler, { force: true }),
    [Symbol.dispose]: () => void execFileSync('umount', ['-l', directory]),
  };
};
