/** A value that SQLite stores. */
export type SqlValue = null | number | bigint | string | Uint8Array;
export type SqlRow = Record<string, SqlValue>;

export interface Statement {
  run(...values: SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint };
  get(...values: SqlValue[]): SqlRow | undefined;
  all(...values: SqlValue[]): SqlRow[];
}

/** The part of `node:sqlite`'s DatabaseSync that Sonde uses: synchronous, so that the simulation can cut it between any two statements. */
export interface Db {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

/** Runs `work` in one transaction: all of it is committed, or, when it throws, nothing. */
export const transaction = <T>(db: Db, work: () => T): T => {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    try {
      db.exec('ROLLBACK');
    } catch {
      // SQLite has already rolled back (disk full, I/O error): the first error is the one to tell.
    }
    throw error;
  }
};
