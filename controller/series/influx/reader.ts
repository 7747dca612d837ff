import type { Connection } from './connection.ts';
import { type Table, tablesOf } from './answer.ts';
import type { Source } from './influxql.ts';
import type { InfluxSettings } from './settings.ts';

/** InfluxQL on /query. */
export interface Reader {
  readonly connection: Connection;
  readonly source: Source;
  /** The tables of one statement; times in ms. Rejects with InfluxFailure. */
  ask(query: string): Promise<Table[]>;
  /** The same in parts, while InfluxDB still works on the rest: a table may go on in the next one. A server that knows no parts gives one. */
  askInParts(query: string): AsyncIterable<Table>;
  /** The same of another database, whose default policy is the one given here. */
  of(database: string, retentionPolicy: string): Reader;
}

const ROWS_A_PART = 1_000;

export const makeReader = (settings: InfluxSettings, connection: Connection): Reader => {
  const readerOf = (source: Source, place: Readonly<Record<string, string>>): Reader => ({
    connection,
    source,
    async ask(query) {
      await connection.ready();
      const form = new URLSearchParams({ ...place, epoch: 'ms', q: query });
      const { text } = await connection.http.ask('query', 'POST', '/query', { form });
      return tablesOf(text, 'query');
    },
    async *askInParts(query) {
      await connection.ready();
      const form = new URLSearchParams({ ...place, epoch: 'ms', q: query, chunked: 'true', chunk_size: String(ROWS_A_PART) });
      for await (const line of connection.http.lines('query', '/query', form)) yield* tablesOf(line, 'query');
    },
    of: (database, retentionPolicy) => readerOf({ database, retentionPolicy: '' }, { db: database, rp: retentionPolicy }),
  });
  return readerOf(settings, { db: settings.database });
};
