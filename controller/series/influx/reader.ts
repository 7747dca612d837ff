import type { Connection } from './connection.ts';
import { type Table, tablesOf } from './answer.ts';
import type { InfluxSettings } from './settings.ts';

/** InfluxQL on /query. */
export interface Reader {
  readonly connection: Connection;
  readonly source: { readonly database: string; readonly retentionPolicy: string };
  /** The tables of one statement; times in ms. Rejects with InfluxFailure. */
  ask(query: string): Promise<Table[]>;
}

export const makeReader = (settings: InfluxSettings, connection: Connection): Reader => ({
  connection,
  source: settings,
  async ask(query) {
    await connection.ready();
    const form = new URLSearchParams({ db: settings.database, epoch: 'ms', q: query });
    const { text } = await connection.http.ask('query', 'POST', '/query', { form });
    return tablesOf(text, 'query');
  },
});
