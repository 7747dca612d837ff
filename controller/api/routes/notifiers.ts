import * as z from 'zod';
import { NotifierEdit } from '../../../protocol/notifier.ts';
import { DeliveryList, NotifierList, NotifierTest, NotifierView, RouteList } from '../../../protocol/notify-api.ts';
import type { Notifier } from '../../../protocol/notifier.ts';
import { Rule } from '../../../protocol/rule.ts';
import { readRoutes, ROUTES_KEY } from '../../alerts/telling/tell.ts';
import { audit } from '../audit.ts';
import type { Context } from '../context.ts';
import { readDeliveries } from '../deliveries.ts';
import { openDocuments } from '../documents.ts';
import type { App } from '../instance.ts';
import { completeNotifier, findNotifier, listNotifiers, saveNotifier, wholeNotifier } from '../kept-notifiers.ts';
import { notFound, refuse } from '../problem.ts';
import { Limit, Nothing, problems, RulePath } from '../schemas.ts';
import { loginOf } from './change.ts';

const TEST_MS = 30_000;

export const addNotifierRoutes = (app: App, context: Context): void => {
  const { state, controller } = context;
  const tags = ['notifiers'];
  const admin = { access: 'admin' } as const;
  const params = RulePath;
  const test = async (notifier: Notifier): Promise<z.infer<typeof NotifierTest>> => {
    const result = await controller.telling.test(notifier, AbortSignal.timeout(TEST_MS));
    return { ok: result.kind === 'delivered', said: result.reason, ms: result.ms };
  };

  app.get(
    '/api/v1/notifiers',
    { config: admin, schema: { tags, summary: 'All notifiers, without their secrets', response: { 200: NotifierList, ...problems } } },
    async () => ({ notifiers: await listNotifiers(context) }),
  );
  app.get(
    '/api/v1/notifiers/:id',
    { config: admin, schema: { tags, summary: 'One notifier', params, response: { 200: NotifierView, ...problems } } },
    ({ params: { id } }) => findNotifier(context, id),
  );
  app.post(
    '/api/v1/notifiers',
    { config: admin, schema: { tags, summary: 'Add a notifier', body: NotifierEdit, response: { 201: NotifierView, ...problems } } },
    async ({ body, actor }, reply) => reply.code(201).send(await saveNotifier(context, body, loginOf(actor), null)),
  );
  app.put(
    '/api/v1/notifiers/:id',
    {
      config: admin,
      schema: {
        tags,
        summary: 'Replace a notifier; secrets that are left out stay',
        params,
        body: NotifierEdit,
        response: { 200: NotifierView, ...problems },
      },
    },
    ({ params: { id }, body, actor }) => saveNotifier(context, body, loginOf(actor), id),
  );
  app.delete(
    '/api/v1/notifiers/:id',
    { config: admin, schema: { tags, summary: 'Delete a notifier', params, response: { 204: Nothing, ...problems } } },
    async ({ params: { id }, actor }, reply) => {
      await refuseNeeded(context, id);
      const { numDeletedRows } = await state.deleteFrom('notifiers').where('id', '=', id).executeTakeFirst();
      if (numDeletedRows === 0n) throw notFound(`notifier ${id}`);
      await audit(state, controller.clock, loginOf(actor), 'notifier-remove', { notifier: id });
      await controller.telling.look();
      return reply.code(204).send(null);
    },
  );
  app.post(
    '/api/v1/notifiers/test',
    {
      config: admin,
      schema: {
        tags,
        summary: 'Send a made-up message through a notifier as it would be saved',
        body: NotifierEdit,
        response: { 200: NotifierTest, ...problems },
      },
    },
    async ({ body }) => test(await completeNotifier(context, body)),
  );
  app.post(
    '/api/v1/notifiers/:id/test',
    {
      config: admin,
      schema: { tags, summary: 'Send a made-up message through a kept notifier', params, response: { 200: NotifierTest, ...problems } },
    },
    async ({ params: { id } }) => test(await wholeNotifier(context, id)),
  );
  app.get(
    '/api/v1/notifiers/:id/deliveries',
    {
      config: admin,
      schema: {
        tags,
        summary: 'What was sent, each attempt, newest first',
        params,
        querystring: z.object({ limit: Limit }),
        response: { 200: DeliveryList, ...problems },
      },
    },
    async ({ params: { id }, query }) => ({ deliveries: await readDeliveries(state, { notifier: id, limit: query.limit }) }),
  );

  app.get(
    '/api/v1/routes',
    { config: { access: 'viewer' }, schema: { tags, summary: 'Who is told of what, in order', response: { 200: RouteList, ...problems } } },
    async () => ({ routes: [...(await readRoutes(state))] }),
  );
  app.put(
    '/api/v1/routes',
    { config: admin, schema: { tags, summary: 'Replace all routes', body: RouteList, response: { 200: RouteList, ...problems } } },
    async ({ body, actor }) => {
      await refuseUnknown(context, body);
      const value = JSON.stringify(body.routes);
      await state
        .insertInto('settings')
        .values({ key: ROUTES_KEY, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute();
      await audit(state, controller.clock, loginOf(actor), 'routes-replace', { routes: body.routes.map(({ id }) => id) });
      await controller.telling.look();
      return { routes: body.routes };
    },
  );
};

const refuseNeeded = async (context: Context, id: string): Promise<void> => {
  const rules = (await openDocuments(context, 'rules', Rule).list()).filter(({ notifiers }) => notifiers.includes(id));
  const routes = (await readRoutes(context.state)).filter(({ steps }) => steps.some(({ notifiers }) => notifiers.includes(id)));
  const needed = [...rules.map((rule) => `rule ${rule.id}`), ...routes.map((route) => `route ${route.id}`)];
  if (needed.length > 0) throw refuse(409, `notifier ${id} is named by ${needed.join(', ')}: change that first`);
};

const refuseUnknown = async ({ state }: Context, { routes }: z.infer<typeof RouteList>): Promise<void> => {
  const known = new Set((await state.selectFrom('notifiers').select('id').execute()).map(({ id }) => id));
  const errors = routes.flatMap(({ id, steps }, index) => [
    ...(routes.findIndex((other) => other.id === id) < index ? [{ path: `routes[${index}].id`, message: `a second route ${id}` }] : []),
    ...steps.flatMap(({ notifiers }, step) =>
      notifiers.flatMap((name) =>
        known.has(name) ? [] : [{ path: `routes[${index}].steps[${step}].notifiers`, message: `there is no notifier ${name}` }],
      ),
    ),
  ]);
  if (errors.length > 0) throw refuse(422, errors.map(({ path, message }) => `${path}: ${message}`).join('; '), errors);
};
