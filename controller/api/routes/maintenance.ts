import { Maintenance } from '../../../protocol/mute.ts';
import { MaintenanceList, MaintenancePreview, MaintenanceView } from '../../../protocol/notify-api.ts';
import { patternProblem, windowAt, windowsAfter } from '../../alerts/telling/windows.ts';
import type { Context } from '../context.ts';
import { openDocuments } from '../documents.ts';
import type { App } from '../instance.ts';
import { previewMute } from '../mute-preview.ts';
import { refuse } from '../problem.ts';
import { Nothing, problems, RulePath } from '../schemas.ts';
import { loginOf } from './change.ts';

const NEXT = 3;

export const addMaintenanceRoutes = (app: App, context: Context): void => {
  const { state, controller } = context;
  const windows = openDocuments(context, 'maintenance', Maintenance);
  const tags = ['maintenance'];
  const operator = { access: 'operator' } as const;
  const params = RulePath;
  const view = (maintenance: Maintenance): MaintenanceView => viewOf(maintenance, Math.floor(controller.clock.now()));

  app.get(
    '/api/v1/maintenance',
    {
      config: { access: 'viewer' },
      schema: { tags, summary: 'Planned times in which nobody is told', response: { 200: MaintenanceList, ...problems } },
    },
    async () => ({ maintenance: (await windows.list()).map(view) }),
  );
  app.get(
    '/api/v1/maintenance/:id',
    { config: { access: 'viewer' }, schema: { tags, summary: 'One of them', params, response: { 200: MaintenanceView, ...problems } } },
    async ({ params: { id } }) => view(await windows.find(id)),
  );
  app.post(
    '/api/v1/maintenance/preview',
    {
      config: { access: 'viewer' },
      schema: {
        tags,
        summary: 'When it would be on, and what it would mute',
        body: Maintenance,
        response: { 200: MaintenancePreview, ...problems },
      },
    },
    async ({ body }) => {
      refuseImpossible(body);
      return { maintenance: view(body), mutes: await previewMute(state, body.match, Math.floor(controller.clock.now())) };
    },
  );
  app.post(
    '/api/v1/maintenance',
    { config: operator, schema: { tags, summary: 'Plan one', body: Maintenance, response: { 201: MaintenanceView, ...problems } } },
    async ({ body, actor }, reply) => {
      refuseImpossible(body);
      const made = await windows.create(body, loginOf(actor));
      await controller.telling.look();
      return reply.code(201).send(view(made));
    },
  );
  app.put(
    '/api/v1/maintenance/:id',
    {
      config: operator,
      schema: { tags, summary: 'Replace one', params, body: Maintenance, response: { 200: MaintenanceView, ...problems } },
    },
    async ({ params: { id }, body, actor }) => {
      refuseImpossible(body);
      const made = await windows.replace(id, body, loginOf(actor));
      await controller.telling.look();
      return view(made);
    },
  );
  app.delete(
    '/api/v1/maintenance/:id',
    { config: operator, schema: { tags, summary: 'Delete one', params, response: { 204: Nothing, ...problems } } },
    async ({ params: { id }, actor }, reply) => {
      await windows.remove(id, loginOf(actor));
      await controller.telling.look();
      return reply.code(204).send(null);
    },
  );
};

const viewOf = (maintenance: Maintenance, now: number): MaintenanceView => ({
  ...maintenance,
  activeUntil: maintenance.enabled ? (windowAt(maintenance.schedule, now)?.to ?? null) : null,
  next: windowsAfter(maintenance.schedule, now, NEXT).map((span) => ({ ...span })),
});

const refuseImpossible = ({ schedule }: Maintenance): void => {
  const problem = patternProblem(schedule);
  if (problem === null) return;
  const [field = '', message = problem] = problem.split(/: (.*)/s);
  throw refuse(422, `schedule.${problem}`, [{ path: `schedule.${field}`, message }]);
};
