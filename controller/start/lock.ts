import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Holds the data directory for this process; the kernel lets go of it when the process ends, however it ends. null: another one holds it. */
export const lockDirectory = (directory: string): Disposable | null => {
  const db = new DatabaseSync(join(directory, 'lock.db'));
  try {
    db.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch {
    db.close();
    return null;
  }
  return { [Symbol.dispose]: () => db.close() };
};
