import * as z from 'zod';
import { HintList, IncidentDetail, IncidentList } from '../../../protocol/api.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { readHints } from '../incident-hints.ts';
import { listIncidents, readIncident } from '../incident-view.ts';
import type { App } from '../instance.ts';
import { answerList, Format, LIST_TYPES } from '../list-csv.ts';
import { notFound } from '../problem.ts';
import { Limit, problems, Whole } from '../schemas.ts';
import { loginOf } from './change.ts';

const IncidentPath = z.object({ id: Whole.min(1).max(Number.MAX_SAFE_INTEGER) });

export const addIncidentRoutes = (app: App, context: Context): void => {
  const { state, controller } = context;
  const tags = ['incidents'];
  const querystring = z.object({ state: z.enum(['firing', 'resolved']).optional(), limit: Limit, format: Format });

  app.get(
    '/api/v1/incidents',
    {
      config: { access: 'viewer' },
      schema: { tags, summary: 'Incidents, newest first', querystring, produces: LIST_TYPES, response: { 200: IncidentList, ...problems } },
    },
    async (request, reply) => answerList(request, reply, IncidentList, { incidents: await listIncidents(state, request.query) }),
  );
  app.get(
    '/api/v1/incidents/:id',
    {
      config: { access: 'viewer' },
      schema: { tags, summary: 'One incident', params: IncidentPath, response: { 200: IncidentDetail, ...problems } },
    },
    async ({ params }) => {
      const incident = await readIncident(state, params.id, Math.floor(controller.clock.now()));
      if (incident === null) throw notFound(`incident ${params.id}`);
      return incident;
    },
  );
  app.get(
    '/api/v1/incidents/:id/hints',
    {
      config: { access: 'viewer' },
      schema: {
        tags,
        summary: 'What to look at first: errors, duplex, full lines, drops and ports of what has a part in it',
        params: IncidentPath,
        response: { 200: HintList, ...problems },
      },
    },
    async ({ params }) => {
      const hints = await readHints(context, params.id);
      if (hints === null) throw notFound(`incident ${params.id}`);
      return { hints };
    },
  );
  app.post(
    '/api/v1/incidents/:id/acknowledge',
    {
      config: { access: 'operator' },
      schema: {
        tags,
        summary: 'Say that somebody looks after it; the first one stands',
        params: IncidentPath,
        response: { 200: IncidentDetail, ...problems },
      },
    },
    async ({ params, actor }) => {
      const login = loginOf(actor);
      const at = Math.floor(controller.clock.now());
      const { numUpdatedRows } = await state
        .updateTable('incidents')
        .set({ acknowledged_at: at, acknowledged_by: login })
        .where('id', '=', params.id)
        .where('acknowledged_at', 'is', null)
        .executeTakeFirst();
      if (numUpdatedRows > 0n) {
        await state
          .insertInto('incident_events')
          .values({ incident_id: params.id, at, kind: 'acknowledged', detail: `by ${login}` })
          .execute();
        await audit(state, controller.clock, login, 'incident-acknowledge', { incident: params.id });
        controller.changes.emit({ kind: 'incidents' });
      }
      const incident = await readIncident(state, params.id, Math.floor(controller.clock.now()));
      if (incident === null) throw notFound(`incident ${params.id}`);
      return incident;
    },
  );
};
