import { RuleList } from '../../../protocol/api.ts';
import { AppliedRules, ApplyRules, RuleStandings } from '../../../protocol/rule-view.ts';
import { Rule } from '../../../protocol/rule.ts';
import type { Context } from '../context.ts';
import { applyRules, refuseUnknownNotifiers } from '../apply-rules.ts';
import { openDocuments } from '../documents.ts';
import type { App } from '../instance.ts';
import { Nothing, problems, RulePath } from '../schemas.ts';
import { loginOf } from './change.ts';

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
    '/api/v1/rules/standing',
    { config: reader, schema: { tags, summary: 'How each rule that is on stands now', response: { 200: RuleStandings, ...problems } } },
    async () => ({ rules: [...context.controller.ruleStandings()] }),
  );
  app.post(
    '/api/v1/rules/apply',
    {
      config: admin,
      schema: {
        tags,
        summary: 'Make the rules of a file true, all or none',
        body: ApplyRules,
        response: { 200: AppliedRules, ...problems },
      },
    },
    ({ body, actor }) => applyRules(context, body, loginOf(actor)),
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
