import * as z from 'zod';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';

const Ready = z.object({ ready: z.boolean(), troubles: z.array(z.string()) });

/** For load balancers and init systems: open, and without a word about the fleet. */
export const addHealthRoutes = (app: App, { controller }: Context): void => {
  const config = { access: 'open' } as const;
  const tags = ['health'];
  app.get(
    '/healthz',
    { config, schema: { tags, security: [], summary: 'The process answers', response: { 200: z.object({ ok: z.literal(true) }) } } },
    async () => ({ ok: true as const }),
  );
  app.get(
    '/readyz',
    { config, schema: { tags, security: [], summary: 'Every part does its work', response: { 200: Ready, 503: Ready } } },
    async (_request, reply) => {
      const troubles = controller.troubles().map(({ part }) => part); // the log has the words
      return reply.code(troubles.length === 0 ? 200 : 503).send({ ready: troubles.length === 0, troubles });
    },
  );
};
