import * as z from 'zod';
import { AgentEdit, AgentEventList, AgentList, AgentView, PresenceList, Saved } from '../../../protocol/api.ts';
import { viewAgent } from '../agent-view.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { answerList, FormatQuery, LIST_TYPES } from '../list-csv.ts';
import { readPresence } from '../presence.ts';
import { notFound, refuse } from '../problem.ts';
import { AgentPath, Limit, Moment, problems } from '../schemas.ts';
import { loginOf, saved } from './change.ts';

const DAY_MS = 86_400_000;

export const addAgentRoutes = (app: App, context: Context): void => {
  const { state, controller } = context;
  const tags = ['agents'];
  const viewer = { access: 'viewer' } as const;
  const admin = { access: 'admin' } as const;
  const findAgent = async (id: string): Promise<AgentView> => {
    const agent = (await context.fleetView.model()).agents.find((one) => one.id === id);
    if (agent === undefined) throw notFound(`agent ${id}`);
    return viewAgent(agent);
  };

  app.get(
    '/api/v1/agents',
    {
      config: viewer,
      schema: { tags, summary: 'All agents', querystring: FormatQuery, produces: LIST_TYPES, response: { 200: AgentList, ...problems } },
    },
    async (request, reply) => answerList(request, reply, AgentList, { agents: (await context.fleetView.model()).agents.map(viewAgent) }),
  );
  app.get(
    '/api/v1/agents/:id',
    { config: viewer, schema: { tags, summary: 'One agent', params: AgentPath, response: { 200: AgentView, ...problems } } },
    ({ params }) => findAgent(params.id),
  );
  app.get(
    '/api/v1/agents/:id/events',
    {
      config: viewer,
      schema: {
        tags,
        summary: 'What the agent told, newest first',
        params: AgentPath,
        querystring: z.object({ limit: Limit }),
        response: { 200: AgentEventList, ...problems },
      },
    },
    async ({ params, query }) => {
      await findAgent(params.id);
      const rows = state.selectFrom('agent_events').select(['at', 'level', 'event', 'message']).where('agent_id', '=', params.id);
      return { events: await rows.orderBy('at', 'desc').orderBy('id', 'desc').limit(query.limit).execute() };
    },
  );
  app.get(
    '/api/v1/agents/:id/presence',
    {
      config: viewer,
      schema: {
        tags,
        summary: 'When the agent was connected; the last day unless said',
        params: AgentPath,
        querystring: z.object({ from: Moment.optional(), to: Moment.optional() }),
        response: { 200: PresenceList, ...problems },
      },
    },
    async ({ params, query }) => {
      await findAgent(params.id);
      const to = query.to ?? Math.ceil(controller.clock.now());
      const from = query.from ?? to - DAY_MS;
      if (from >= to) throw refuse(400, 'from: must be before to');
      return { spans: await readPresence(state, params.id, from, to) };
    },
  );
  app.patch(
    '/api/v1/agents/:id',
    {
      config: { access: 'operator' },
      schema: { tags, summary: 'Set its labels', params: AgentPath, body: AgentEdit, response: { 200: Saved, ...problems } },
    },
    async ({ params, body, actor }) => saved(context, await controller.fleet.setLabels(params.id, body.labels, loginOf(actor))),
  );
  app.post(
    '/api/v1/agents/:id/revoke',
    {
      config: admin,
      schema: { tags, summary: 'Revoke its certificates for ever', params: AgentPath, response: { 200: Saved, ...problems } },
    },
    async ({ params, actor }) => saved(context, await controller.fleet.revokeAgent(params.id, loginOf(actor))),
  );
};
