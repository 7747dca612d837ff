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
  /** The same of another database, whose default policy is the one given here. */
  of(database: string, retentionPolicy: string): Reader;
}

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
    of: (database, retentionPolicy) => readerOf({ database, retentionPolicy: '' }, { db: database, rp: retentionPolicy }),
  });
  return readerOf(settings, { db: settings.database });
};
