import { type Db, transaction } from '../../protocol/database.ts';
import type { Held } from './verify.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS configuration (
    only INTEGER PRIMARY KEY CHECK (only = 1), generation INTEGER NOT NULL, revision INTEGER NOT NULL, body TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS configuration_order (
    only INTEGER PRIMARY KEY CHECK (only = 1), generation INTEGER NOT NULL, latest_at INTEGER NOT NULL
  ) STRICT;`;

/** The configuration applied last and the order seen, on disk: an agent goes on without its controller. */
export class LastGood {
  readonly #db: Db;

  constructor(db: Db) {
    this.#db = db;
    db.exec(SCHEMA);
  }

  read(): { readonly held: Held; readonly latestAt: number } {
    const order = this.#db.prepare('SELECT generation, latest_at FROM configuration_order').get();
    const row = this.#db.prepare('SELECT generation, revision, body FROM configuration').get();
    const applied =
      row === undefined ? null : { generation: Number(row['generation']), revision: Number(row['revision']), body: String(row['body']) };
    return { held: { generation: Number(order?.['generation'] ?? 0), applied }, latestAt: Number(order?.['latest_at'] ?? 0) };
  }

  /** Throws what the database throws: a configuration that cannot be kept is not applied. */
  keep(applied: NonNullable<Held['applied']>): void {
    transaction(this.#db, () => {
      this.#db.prepare('INSERT OR REPLACE INTO configuration VALUES (1, ?, ?, ?)').run(applied.generation, applied.revision, applied.body);
      this.#order(applied.generation, 0);
    });
  }

  /** A generation and a date that were proved by signature. */
  keepOrder(generation: number, latestAt: number): void {
    this.#order(generation, latestAt);
  }

  #order(generation: number, latestAt: number): void {
    this.#db
      .prepare(`INSERT INTO configuration_order VALUES (1, ?, ?) ON CONFLICT (only) DO UPDATE SET
        generation = max(generation, excluded.generation), latest_at = max(latest_at, excluded.latest_at)`)
      .run(generation, latestAt);
  }
}
