import * as z from 'zod';
import { AuditList } from '../../../protocol/api.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { Limit, problems } from '../schemas.ts';

export const addAuditRoutes = (app: App, { state }: Context): void => {
  app.get(
    '/api/v1/audit',
    {
      config: { access: 'admin' },
      schema: {
        tags: ['audit'],
        summary: 'Who changed what, newest first',
        querystring: z.object({ limit: Limit }),
        response: { 200: AuditList, ...problems },
      },
    },
    async ({ query }) => ({
      entries: await state
        .selectFrom('audit')
        .select(['at', 'actor', 'action', 'detail'])
        .orderBy('id', 'desc')
        .limit(query.limit)
        .execute(),
    }),
  );
};
