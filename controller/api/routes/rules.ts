import { RuleList } from '../../../protocol/api.ts';
import { Rule } from '../../../protocol/rule.ts';
import type { Context } from '../context.ts';
import { openDocuments } from '../documents.ts';
import type { App } from '../instance.ts';
import { Nothing, problems, RulePath } from '../schemas.ts';
import { loginOf } from './change.ts';
import { refuse } from '../problem.ts';

export const addRuleRoutes = (app: App, context: Context): void => {
  const rules = openDocuments(context, 'rules', Rule);
  const tags = ['rules'];
  const reader = { access: 'viewer' } as const;
  const admin = { access: 'admin' } as const;
  const params = RulePath;

  app.get(
    '/api/v1/rules',
    { config: reader, schema: { tags, summary: 'All rules', response: { 200: RuleList, ...problems } } },
    async () => ({ rules: await rules.list() }),
  );
  app.get(
    '/api/v1/rules/:id',
    { config: reader, schema: { tags, summary: 'One rule', params, response: { 200: Rule, ...problems } } },
    ({ params: { id } }) => rules.find(id),
  );
  app.post(
    '/api/v1/rules',
    { config: admin, schema: { tags, summary: 'Add a rule', body: Rule, response: { 201: Rule, ...problems } } },
    async ({ body, actor }, reply) => {
      await refuseUnknownNotifiers(context, body);
      return reply.code(201).send(await rules.create(body, loginOf(actor)));
    },
  );
  app.put(
    '/api/v1/rules/:id',
    { config: admin, schema: { tags, summary: 'Replace a rule', params, body: Rule, response: { 200: Rule, ...problems } } },
    async ({ params: { id }, body, actor }) => {
      await refuseUnknownNotifiers(context, body);
      return rules.replace(id, body, loginOf(actor));
    },
  );
  app.delete(
    '/api/v1/rules/:id',
    { config: admin, schema: { tags, summary: 'Delete a rule', params, response: { 204: Nothing, ...problems } } },
    async ({ params: { id }, actor }, reply) => {
      await rules.remove(id, loginOf(actor));
      return reply.code(204).send(null);
    },
  );
};

/** A rule that tells nobody because of a misspelt name would be found out too late. */
const refuseUnknownNotifiers = async ({ state }: Context, { notifiers }: Rule): Promise<void> => {
  const known = new Set((await state.selectFrom('notifiers').select('id').execute()).map(({ id }) => id));
  const unknown = notifiers.flatMap((id, index) =>
    known.has(id) ? [] : [{ path: `notifiers[${index}]`, message: `there is no notifier ${id}` }],
  );
  if (unknown.length > 0) throw refuse(422, unknown.map(({ path, message }) => `${path}: ${message}`).join('; '), unknown);
};
