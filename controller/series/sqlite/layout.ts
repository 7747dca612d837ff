import { type Db, transaction } from '../../../protocol/database.ts';

const LAYOUTS: readonly string[] = [
  `
  CREATE TABLE series (id INTEGER PRIMARY KEY, measurement TEXT NOT NULL, tags TEXT NOT NULL, UNIQUE (measurement, tags)) STRICT;
  CREATE TABLE fields (
    measurement TEXT NOT NULL, field TEXT NOT NULL, number INTEGER NOT NULL, type TEXT NOT NULL, PRIMARY KEY (measurement, field)) STRICT;
  CREATE TABLE points (series INTEGER NOT NULL, at INTEGER NOT NULL, "values" TEXT NOT NULL, PRIMARY KEY (series, at)) STRICT, WITHOUT ROWID;
  `,
];

/** FULL: the arrival log's cursor moves past what a write has returned from, so a power cut must not take it back. */
export const layOut = (db: Db): void => {
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000');
  const version = Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > LAYOUTS.length)
    throw new Error(
      `the series store has layout ${version}, this program knows ${LAYOUTS.length}: start the newer program, or restore a backup`,
    );
  for (const [index, sql] of LAYOUTS.entries()) {
    if (index < version) continue;
    transaction(db, () => {
      db.exec(sql);
      db.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
};
