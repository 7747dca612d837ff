import { NotifierList } from '../../../protocol/api.ts';
import { Notifier, Rule } from '../../../protocol/rule.ts';
import type { Context } from '../context.ts';
import { openDocuments } from '../documents.ts';
import type { App } from '../instance.ts';
import { Nothing, problems, RulePath } from '../schemas.ts';
import { loginOf } from './change.ts';
import { refuse } from '../problem.ts';

export const addNotifierRoutes = (app: App, context: Context): void => {
  const notifiers = openDocuments(context, 'notifiers', Notifier);
  const tags = ['notifiers'];
  const reader = { access: 'admin' } as const;
  const admin = { access: 'admin' } as const;
  const params = RulePath;

  app.get(
    '/api/v1/notifiers',
    { config: reader, schema: { tags, summary: 'All notifiers', response: { 200: NotifierList, ...problems } } },
    async () => ({ notifiers: await notifiers.list() }),
  );
  app.get(
    '/api/v1/notifiers/:id',
    { config: reader, schema: { tags, summary: 'One notifier', params, response: { 200: Notifier, ...problems } } },
    ({ params: { id } }) => notifiers.find(id),
  );
  app.post(
    '/api/v1/notifiers',
    { config: admin, schema: { tags, summary: 'Add a notifier', body: Notifier, response: { 201: Notifier, ...problems } } },
    async ({ body, actor }, reply) => reply.code(201).send(await notifiers.create(body, loginOf(actor))),
  );
  app.put(
    '/api/v1/notifiers/:id',
    { config: admin, schema: { tags, summary: 'Replace a notifier', params, body: Notifier, response: { 200: Notifier, ...problems } } },
    ({ params: { id }, body, actor }) => notifiers.replace(id, body, loginOf(actor)),
  );
  app.delete(
    '/api/v1/notifiers/:id',
    { config: admin, schema: { tags, summary: 'Delete a notifier', params, response: { 204: Nothing, ...problems } } },
    async ({ params: { id }, actor }, reply) => {
      await refuseNeeded(context, id);
      await notifiers.remove(id, loginOf(actor));
      return reply.code(204).send(null);
    },
  );
};

const refuseNeeded = async (context: Context, id: string): Promise<void> => {
  const rules = (await openDocuments(context, 'rules', Rule).list()).filter(({ notifiers }) => notifiers.includes(id));
  if (rules.length > 0)
    throw refuse(409, `notifier ${id} is named by ${rules.map((rule) => `rule ${rule.id}`).join(', ')}: change that first`);
};
