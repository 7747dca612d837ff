import { type Db, transaction } from '../../../protocol/database.ts';

const LAYOUTS: readonly string[] = [
  `
  CREATE TABLE series (id INTEGER PRIMARY KEY, measurement TEXT NOT NULL, tags TEXT NOT NULL, UNIQUE (measurement, tags)) STRICT;
  CREATE TABLE fields (
    measurement TEXT NOT NULL, field TEXT NOT NULL, number INTEGER NOT NULL, type TEXT NOT NULL, PRIMARY KEY (measurement, field)) STRICT;
  CREATE TABLE points (series INTEGER NOT NULL, at INTEGER NOT NULL, "values" TEXT NOT NULL, PRIMARY KEY (series, at)) STRICT, WITHOUT ROWID;
  `,
  // Chunks instead of a row a round. What is in points is moved series by series when the file is opened (migrate.ts), and the table dropped.
  // Levels: 0 by group (a measurement of one agent), 1 by series. The owner is the one or the other. Tiers as in store.ts, by number.
  `
  ALTER TABLE series RENAME TO old_series;
  CREATE TABLE groups (id INTEGER PRIMARY KEY AUTOINCREMENT, measurement TEXT NOT NULL, agent TEXT NOT NULL, UNIQUE (measurement, agent)) STRICT;
  CREATE TABLE series (
    id INTEGER PRIMARY KEY AUTOINCREMENT, measurement TEXT NOT NULL, tags TEXT NOT NULL, "group" INTEGER NOT NULL, UNIQUE (measurement, tags)) STRICT;
  CREATE TABLE log (id INTEGER PRIMARY KEY AUTOINCREMENT, measurement TEXT NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE TABLE chunks (
    id INTEGER PRIMARY KEY AUTOINCREMENT, level INTEGER NOT NULL, tier INTEGER NOT NULL, owner INTEGER NOT NULL,
    from_at INTEGER NOT NULL, to_at INTEGER NOT NULL, rows INTEGER NOT NULL, bytes INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
  CREATE INDEX chunks_by_owner ON chunks (level, tier, owner, from_at, to_at, rows, bytes);
  CREATE INDEX chunks_by_age ON chunks (tier, to_at);
  CREATE TABLE windows (series INTEGER NOT NULL, hour INTEGER NOT NULL, PRIMARY KEY (series, hour)) STRICT, WITHOUT ROWID;
  CREATE TABLE joins (tier INTEGER NOT NULL, owner INTEGER NOT NULL, span INTEGER NOT NULL, due INTEGER NOT NULL, PRIMARY KEY (tier, owner, span)) STRICT, WITHOUT ROWID;
  CREATE TABLE floors (tier INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;
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
