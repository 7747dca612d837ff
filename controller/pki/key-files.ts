import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** The text of the file, or null when there is none. Throws when it is there and cannot be read. */
export const readKeyFile = (path: string): string | null => (existsSync(path) ? readFileSync(path, 'utf8') : null);

/** Replaces the file as a whole, for its owner's eyes only: after a power cut there is the old text or the new one. */
export const writeKeyFile = (path: string, text: string): void => {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  const folder = openSync(directory, 'r');
  try {
    fsyncSync(folder); // the rename itself
  } finally {
    closeSync(folder);
  }
};
