import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Db, SqlRow, SqlValue, Statement } from '../../protocol/database.ts';
import type { Life } from './life.ts';

const UNBOUNDED_PAGES = 0xfffffffe;

/** One database file of a host. A program that dies leaves it as SQLite would: what was committed is there, an open transaction is rolled back. */
export class Disk {
  #file = open();
  #full = false;

  /** Opens the file for one life; the statement on which that life dies throws, and every one after it. */
  mount(life: Life): Db {
    if (this.#file.raw.isTransaction) this.#file.raw.exec('ROLLBACK');
    return cutDb(this.#file, life);
  }

  /** The world's own eyes; call it between two events only. Null in the middle of a transaction. */
  peek(sql: string, ...values: SqlValue[]): SqlRow[] | null {
    return this.#file.raw.isTransaction ? null : statementOf(this.#file, sql).rows(values);
  }

  /** The file is gone at the next mount. */
  delete(): void {
    this.close();
    this.#file = open();
    this.#limit();
  }

  /** The world is over: what SQLite holds is not the garbage collector's to see. */
  close(): void {
    this.#file.prepared.clear();
    this.#file.raw.close();
  }

  /** No page more: SQLite answers SQLITE_FULL, as on a full file system. */
  set full(full: boolean) {
    this.#full = full;
    this.#limit();
  }

  get full(): boolean {
    return this.#full;
  }

  #limit(): void {
    this.#file.raw.exec(`PRAGMA max_page_count = ${this.#full ? 1 : UNBOUNDED_PAGES}`); // 1: SQLite makes it the pages in use
  }
}

interface File {
  readonly raw: DatabaseSync;
  /** Preparing costs more than running; the product prepares Kysely's statements anew each time. */
  readonly prepared: Map<string, Prepared>;
}

const open = (): File => ({ raw: new DatabaseSync(':memory:'), prepared: new Map() });

/** Around every transaction, and parsed anew by each `exec`. */
const BRACKETS: ReadonlySet<string> = new Set(['BEGIN IMMEDIATE', 'COMMIT']);

const cutDb = (file: File, life: Life): Db => {
  let closed = false;
  const stepped = <T>(work: () => T): T => {
    life.orThrow();
    if (closed) throw new Error('the database is closed');
    const result = work();
    life.orThrow(); // dead after the statement took effect, before the next line
    return result;
  };
  return {
    exec: (sql) => stepped(() => (BRACKETS.has(sql) ? void statementOf(file, sql).statement.run() : file.raw.exec(sql))),
    prepare: (sql) => cutStatement(statementOf(file, sql), stepped),
    close: () => stepped(() => void (closed = true)),
  };
};

const cutStatement = ({ statement, rows }: Prepared, stepped: <T>(work: () => T) => T): Statement => ({
  run: (...values) => stepped(() => statement.run(...values)),
  get: (...values) => stepped(() => rows(values)[0]),
  all: (...values) => stepped(() => rows(values)),
});

interface Prepared {
  readonly statement: StatementSync;
  readonly rows: (values: readonly SqlValue[]) => SqlRow[];
}

/** Arrays made into rows here: node:sqlite makes every column's name anew at each call, which costs more than the reading. */
const prepared = (statement: StatementSync): Prepared => {
  let names: readonly string[] | null = null;
  statement.setReturnArrays(true);
  return {
    statement,
    rows(values) {
      const found = statement.all(...values) as unknown as SqlValue[][]; // Border: Node's types do not know setReturnArrays.
      if (found.length === 0) return [];
      const columns = (names ??= statement.columns().map(({ name }) => name));
      return found.map((row) => {
        const made: SqlRow = {};
        for (let index = 0; index < columns.length; index += 1) made[columns[index] ?? ''] = row[index] ?? null;
        return made;
      });
    },
  };
};

const statementOf = (file: File, sql: string): Prepared => {
  const known = file.prepared.get(sql);
  if (known !== undefined) return known;
  if (file.prepared.size > 500) file.prepared.clear();
  const statement = prepared(file.raw.prepare(sql));
  file.prepared.set(sql, statement);
  return statement;
};
