import { type Db, transaction } from '../../protocol/database.ts';

const LAYOUTS: readonly string[] = [
  `
  CREATE TABLE batches (
    position INTEGER PRIMARY KEY AUTOINCREMENT, arrived_at INTEGER NOT NULL, agent TEXT NOT NULL, epoch TEXT NOT NULL, lane TEXT NOT NULL,
    lowest INTEGER NOT NULL, up_to INTEGER, taken TEXT NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE TABLE held (
    id INTEGER PRIMARY KEY, due_at INTEGER NOT NULL, agent TEXT NOT NULL, epoch TEXT NOT NULL, lane TEXT NOT NULL,
    lowest INTEGER NOT NULL, taken TEXT NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE INDEX held_by_due ON held (due_at);
  CREATE TABLE sequences (
    agent TEXT NOT NULL, epoch TEXT NOT NULL, floor INTEGER NOT NULL, ranges TEXT NOT NULL, touched_at INTEGER NOT NULL,
    PRIMARY KEY (agent, epoch)) STRICT, WITHOUT ROWID;
  CREATE TABLE cursors (consumer TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT;
  `,
];

/** Opens the file for durable commits and brings it to the newest layout. Throws when the file is newer than this program. */
export const layOut = (db: Db): void => {
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000');
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > LAYOUTS.length)
    throw new Error(
      `the arrival log has layout ${version}, this program knows ${LAYOUTS.length}: start the newer program, or restore a backup`,
    );
  for (const [index, sql] of LAYOUTS.entries()) {
    if (index < version) continue;
    transaction(db, () => {
      db.exec(sql);
      db.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
};
