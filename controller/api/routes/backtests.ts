import * as z from 'zod';
import { BacktestRequest, BacktestView } from '../../../protocol/rule-view.ts';
import { readInMaintenance } from '../../alerts/telling/past-maintenance.ts';
import { openBacktests } from '../../rules/backtests.ts';
import { openPast } from '../../rules/past.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { notFound, refuse } from '../problem.ts';
import { Nothing, problems } from '../schemas.ts';

const BacktestPath = z.object({ id: z.string().regex(/^[0-9a-f]{16}$/) });

export const addBacktestRoutes = (app: App, { state, store, random, controller }: Context): void => {
  const backtests = openBacktests({
    state,
    past: openPast(store, state),
    clock: controller.clock,
    random,
    maintenance: () => readInMaintenance(state),
  });
  const tags = ['rules'];
  const reader = { access: 'viewer' } as const;
  const operator = { access: 'operator' } as const;

  app.post(
    '/api/v1/backtests',
    {
      config: operator,
      schema: {
        tags,
        summary: 'What a rule would have done in the last days',
        body: BacktestRequest,
        response: { 202: BacktestView, ...problems },
      },
    },
    async ({ body }, reply) => {
      const started = await backtests.start(body.rule, body.days);
      if (started === null) throw refuse(429, 'two backtests run already: wait for one, or stop it');
      return reply.code(202).send(started);
    },
  );
  app.get(
    '/api/v1/backtests/:id',
    {
      config: reader,
      schema: { tags, summary: 'How far it is, and what it found', params: BacktestPath, response: { 200: BacktestView, ...problems } },
    },
    async ({ params: { id } }) => {
      const view = backtests.find(id);
      if (view === null) throw notFound(`backtest ${id}`);
      return view;
    },
  );
  app.delete(
    '/api/v1/backtests/:id',
    { config: operator, schema: { tags, summary: 'Stop it, or forget it', params: BacktestPath, response: { 204: Nothing, ...problems } } },
    async ({ params: { id } }, reply) => {
      if (!backtests.cancel(id)) throw notFound(`backtest ${id}`);
      return reply.code(204).send(null);
    },
  );
};
