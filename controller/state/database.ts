import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Db, SqlValue, Statement } from '../../protocol/database.ts';
import { migrate } from './migrations.ts';
import type { Tables } from './tables.ts';

export type State = Kysely<Tables>;

/** Opens the control database and brings it to the newest layout. Throws when the file is newer than this program. */
export const openState = (db: Db): State => {
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000');
  migrate(db);
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => sqliteDriver(db),
      createIntrospector: (kysely) => new SqliteIntrospector(kysely),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  });
};

/** Kysely's own SQLite dialect wants better-sqlite3; this one takes our synchronous Db. One connection, so one transaction at a time. */
const sqliteDriver = (db: Db): Driver => {
  let busy: Promise<void> = Promise.resolve();
  const statements = new Map<string, Prepared>();
  /** Preparing costs more than running; the queries of the program are few. */
  const statementOf = (sql: string): Prepared => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    if (statements.size >= MOST_STATEMENTS) statements.clear();
    const prepared = { statement: db.prepare(sql), givesRows: /^\s*(select|with|pragma)\b|\breturning\b/i.test(sql) };
    statements.set(sql, prepared);
    return prepared;
  };
  let release = (): void => {};
  const connection: DatabaseConnection = {
    executeQuery: async <R>(query: CompiledQuery): Promise<QueryResult<R>> => execute<R>(statementOf(query.sql), query),
    streamQuery: () => {
      throw new Error('streaming is not offered by this dialect');
    },
  };
  return {
    init: async () => {},
    acquireConnection: async () => {
      const before = busy;
      const { promise, resolve } = Promise.withResolvers<void>();
      busy = promise;
      await before;
      release = resolve;
      return connection;
    },
    beginTransaction: async () => db.exec('BEGIN IMMEDIATE'),
    commitTransaction: async () => db.exec('COMMIT'),
    rollbackTransaction: async () => {
      try {
        db.exec('ROLLBACK');
      } catch {
        // SQLite has already rolled back (disk full, I/O error): the first error is the one to tell.
      }
    },
    releaseConnection: async () => release(),
    destroy: async () => db.close(),
  };
};

const MOST_STATEMENTS = 500;

interface Prepared {
  readonly statement: Statement;
  readonly givesRows: boolean;
}

const execute = <R>({ statement, givesRows }: Prepared, query: CompiledQuery): QueryResult<R> => {
  const values = query.parameters as SqlValue[]; // Border: Kysely types parameters as unknown.
  if (givesRows) return { rows: statement.all(...values) as R[] };
  const { changes, lastInsertRowid } = statement.run(...values);
  return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
};
