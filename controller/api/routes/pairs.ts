import * as z from 'zod';
import { PairList, PairView } from '../../../protocol/api.ts';
import { AgentId, TargetId } from '../../../protocol/ids.ts';
import type { Context } from '../context.ts';
import { pairKey } from '../fleet-view.ts';
import type { App } from '../instance.ts';
import { answerList, Format, LIST_TYPES } from '../list-csv.ts';
import { viewPair } from '../pair-view.ts';
import { notFound } from '../problem.ts';
import { PairPath, problems } from '../schemas.ts';

export const addPairRoutes = (app: App, context: Context): void => {
  const { clock } = context.controller;
  const tags = ['pairs'];
  const config = { access: 'viewer' } as const;
  const querystring = z.object({ agent: AgentId.optional(), target: TargetId.optional(), format: Format });

  app.get(
    '/api/v1/pairs',
    {
      config,
      schema: {
        tags,
        summary: 'All pairs with their newest round',
        querystring,
        produces: LIST_TYPES,
        response: { 200: PairList, ...problems },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const { pairs } = await context.fleetView.model();
      const now = clock.now();
      const wanted = [...pairs.values()].filter(
        ({ agent, stored }) => (query.agent ?? agent.id) === agent.id && (query.target ?? stored.target.id) === stored.target.id,
      );
      return answerList(request, reply, PairList, { pairs: wanted.map((pair) => viewPair(pair, now)) });
    },
  );
  app.get(
    '/api/v1/pairs/:agent/:target/:probe',
    { config, schema: { tags, summary: 'One pair with its newest round', params: PairPath, response: { 200: PairView, ...problems } } },
    async ({ params: { agent, target, probe } }) => {
      const pair = (await context.fleetView.model()).pairs.get(pairKey(agent, `${target}/${probe}`));
      if (pair === undefined) throw notFound(`task ${target}/${probe} of agent ${agent}`);
      return viewPair(pair, clock.now());
    },
  );
};
