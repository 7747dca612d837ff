import * as z from 'zod';
import { InfluxqlAnswer } from '../../../protocol/ask.ts';
import { InfluxFailure } from '../../series/influx/failure.ts';
import { whyNotReadOnly } from '../../series/influx/read-only.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { notFound, refuse } from '../problem.ts';
import { problems } from '../schemas.ts';

/** Rows of an answer at most; of more the first ones are given. */
const MOST_ROWS = 50_000;
/** What can be mended in the question; everything else is the server's, and answered as everywhere. */
const OF_THE_QUESTION: ReadonlySet<InfluxFailure['kind']> = new Set(['refused-lines', 'failing', 'missing']);

/** InfluxQL goes with the controller's own login, which may see more than our points: so it is not for viewers. */
export const addInfluxqlRoute = (app: App, { storage }: Context): void => {
  app.get(
    '/api/v1/influxql',
    {
      config: { access: 'operator' },
      schema: {
        tags: ['series'],
        summary: 'One question in InfluxQL to the InfluxDB behind, as it is; only reading. 404 over the embedded store',
        querystring: z.object({ q: z.string().min(1).max(10_000) }),
        response: { 200: InfluxqlAnswer, ...problems },
      },
    },
    async ({ query: { q } }) => {
      const why = whyNotReadOnly(q);
      if (why !== null) throw refuse(400, `q: ${why}`, [{ path: 'q', message: why }]);
      const asked = storage.influxql(q);
      if (asked === null) throw notFound('InfluxDB behind this controller: the embedded store is asked by /api/v1/query');
      const tables = await asked.catch((error: unknown) => {
        if (!(error instanceof InfluxFailure) || !OF_THE_QUESTION.has(error.kind)) throw error;
        throw refuse(422, error.message, [{ path: 'q', message: error.message }]);
      });
      let left = MOST_ROWS;
      const cut = tables.reduce((sum, { rows }) => sum + rows.length, 0) > MOST_ROWS;
      return {
        cut,
        tables: tables.map(({ name, tags, columns, rows }) => {
          const given = rows.slice(0, left);
          left -= given.length;
          return { name, tags: { ...tags }, columns: [...columns], rows: given.map((row) => [...row]) };
        }),
      };
    },
  );
};
