import * as z from 'zod';
import { ApiTokenCreated, ApiTokenList, ApiTokenRequest } from '../../../protocol/api-tokens.ts';
import { createApiToken, listApiTokens, revokeApiToken } from '../api-tokens.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { notFound } from '../problem.ts';
import { Nothing, problems } from '../schemas.ts';
import { loginOf } from './change.ts';

export const addApiTokenRoutes = (app: App, context: Context): void => {
  const { state, controller, origins } = context;
  const tags = ['api-tokens'];
  const config = { access: 'admin' } as const;
  const { clock } = controller;
  const params = z.object({ id: z.string().regex(/^[0-9a-f]{8}$/, 'token id: 8 hex digits') });

  app.get(
    '/api/v1/api-tokens',
    { config, schema: { tags, summary: 'Tokens for programs, without their secrets', response: { 200: ApiTokenList, ...problems } } },
    async () => ({ tokens: await listApiTokens(state, origins) }),
  );
  app.post(
    '/api/v1/api-tokens',
    {
      config,
      schema: {
        tags,
        summary: 'Make a token for a program; it is in this answer only',
        body: ApiTokenRequest,
        response: { 201: ApiTokenCreated, ...problems },
      },
    },
    async ({ body, actor }, reply) => {
      const { token, view } = await createApiToken(context, body, loginOf(actor));
      return reply.code(201).send({ ...view, token });
    },
  );
  app.delete(
    '/api/v1/api-tokens/:id',
    { config, schema: { tags, summary: 'Revoke a token, at once', params, response: { 204: Nothing, ...problems } } },
    async ({ params: { id }, actor }, reply) => {
      if (!(await revokeApiToken(state, clock, id, loginOf(actor)))) throw notFound(`API token ${id}`);
      return reply.code(204).send(null);
    },
  );
};
