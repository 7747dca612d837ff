import { DryRun, Saved, TargetList, TargetView } from '../../../protocol/api.ts';
import { Target } from '../../../protocol/target.ts';
import type { Context } from '../context.ts';
import type { FleetModel } from '../fleet-view.ts';
import type { App } from '../instance.ts';
import { answerList, FormatQuery, LIST_TYPES } from '../list-csv.ts';
import { notFound, refuse } from '../problem.ts';
import { problems, TargetPath } from '../schemas.ts';
import { loginOf, saved } from './change.ts';

export const addTargetRoutes = (app: App, context: Context): void => {
  const { fleet } = context.controller;
  const tags = ['targets'];
  const viewer = { access: 'viewer' } as const;
  const operator = { access: 'operator' } as const;

  app.get(
    '/api/v1/targets',
    {
      config: viewer,
      schema: { tags, summary: 'All targets', querystring: FormatQuery, produces: LIST_TYPES, response: { 200: TargetList, ...problems } },
    },
    async (request, reply) =>
      answerList(request, reply, TargetList, { targets: (await context.fleetView.model()).targets.map(viewTarget) }),
  );
  app.get(
    '/api/v1/targets/:id',
    { config: viewer, schema: { tags, summary: 'One target', params: TargetPath, response: { 200: TargetView, ...problems } } },
    async ({ params }) => {
      const found = (await context.fleetView.model()).targets.find(({ target }) => target.id === params.id);
      if (found === undefined) throw notFound(`target ${params.id}`);
      return viewTarget(found);
    },
  );
  app.post(
    '/api/v1/targets',
    { config: operator, schema: { tags, summary: 'Add a target', body: Target, response: { 201: Saved, ...problems } } },
    async ({ body, actor }, reply) => reply.code(201).send(saved(context, await fleet.createTarget(body, loginOf(actor)))),
  );
  app.post(
    '/api/v1/targets/dry-run',
    {
      config: viewer,
      schema: { tags, summary: 'What saving it would do; changes and sends nothing', body: Target, response: { 200: DryRun, ...problems } },
    },
    ({ body }) => fleet.dryRun(body),
  );
  app.put(
    '/api/v1/targets/:id',
    {
      config: operator,
      schema: { tags, summary: 'Replace a target', params: TargetPath, body: Target, response: { 200: Saved, ...problems } },
    },
    async ({ params, body, actor }) => {
      if (body.id !== params.id)
        throw refuse(422, 'id: a target keeps its id', [{ path: 'id', message: `"${params.id}", as in the path` }]);
      return saved(context, await fleet.replaceTarget(body, loginOf(actor)));
    },
  );
  app.delete(
    '/api/v1/targets/:id',
    {
      config: operator,
      schema: { tags, summary: 'Remove a target; what was measured stays', params: TargetPath, response: { 200: Saved, ...problems } },
    },
    async ({ params, actor }) => saved(context, await fleet.removeTarget(params.id, loginOf(actor))),
  );
};

const viewTarget = ({ target, answered, agentIds, updatedAt }: FleetModel['targets'][number]): TargetView => ({
  ...target,
  answered,
  agentCount: agentIds.length,
  updatedAt,
});
