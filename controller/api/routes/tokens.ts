import * as z from 'zod';
import { TokenCreated, TokenList, TokenRequest } from '../../../protocol/api.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { refusedBy } from '../problem.ts';
import { Nothing, problems } from '../schemas.ts';
import { loginOf } from './change.ts';

export const addTokenRoutes = (app: App, context: Context): void => {
  const { fleet } = context.controller;
  const tags = ['tokens'];
  const config = { access: 'admin' } as const;
  const params = z.object({ id: z.string().regex(/^[0-9a-f]{8}$/, 'token id: 8 hex digits') });

  app.get(
    '/api/v1/tokens',
    { config, schema: { tags, summary: 'Enrolment tokens, without their secrets', response: { 200: TokenList, ...problems } } },
    async () => ({ tokens: [...(await fleet.tokens())] }),
  );
  app.post(
    '/api/v1/tokens',
    {
      config,
      schema: {
        tags,
        summary: 'Make a token; its secret is in this answer only',
        body: TokenRequest,
        response: { 201: TokenCreated, ...problems },
      },
    },
    async ({ body, actor }, reply) => {
      const { token, view } = await fleet.createToken(body, context.settings.pin, loginOf(actor));
      return reply.code(201).send({ ...view, token, command: context.registerCommand(token) });
    },
  );
  app.delete(
    '/api/v1/tokens/:id',
    { config, schema: { tags, summary: 'Revoke a token; agents that it let in stay', params, response: { 204: Nothing, ...problems } } },
    async ({ params: { id }, actor }, reply) => {
      const result = await fleet.revokeToken(id, loginOf(actor));
      if (!result.ok) throw refusedBy(result);
      return reply.code(204).send(null);
    },
  );
};
