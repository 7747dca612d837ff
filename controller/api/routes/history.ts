import * as z from 'zod';
import { PairHistory } from '../../../protocol/api.ts';
import type { Context } from '../context.ts';
import { columnsAsCsv } from '../csv.ts';
import { readHistory } from '../history.ts';
import type { App } from '../instance.ts';
import { sendCsv } from '../list-csv.ts';
import { refuse } from '../problem.ts';
import { Moment, PairPath, problems, Whole } from '../schemas.ts';

const HOUR_MS = 3_600_000;
/** What has been measured is kept for less; a longer range would only be a mistake. */
const LONGEST_MS = 10 * 366 * 24 * HOUR_MS;

export const addHistoryRoutes = (app: App, context: Context): void => {
  app.get(
    '/api/v1/pairs/:agent/:target/:probe/history',
    {
      config: { access: 'viewer' },
      schema: {
        tags: ['pairs'],
        summary: "The smoke chart's columns, when the agent was off, and what was changed meanwhile",
        params: PairPath,
        querystring: z.object({
          from: Moment.optional(),
          to: Moment.optional(),
          columns: Whole.min(1).max(2_000).default(600),
          format: z.enum(['json', 'csv']).default('json'),
        }),
        produces: ['application/json', 'text/csv'],
        response: { 200: PairHistory, ...problems },
      },
    },
    async ({ params, query }, reply) => {
      const to = query.to ?? Math.ceil(context.controller.clock.now());
      const from = query.from ?? to - HOUR_MS;
      if (from >= to) throw refuse(400, 'from: must be before to');
      if (to - from > LONGEST_MS) throw refuse(400, 'from: at most ten years before to');
      const history = await readHistory(context, { ...params, from, to, columns: query.columns });
      if (query.format === 'json') return history;
      return sendCsv(reply, `${params.agent}_${params.target}_${params.probe}`, columnsAsCsv(history.columns)) as never; // Border: the route's type knows the JSON answer only.
    },
  );
};
