import * as z from 'zod';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { exposition, type Family } from '../../../protocol/exposition.ts';
import { BEHIND_BOUNDS_S } from '../../behind.ts';
import { makeMetrics } from '../metrics.ts';
import { refuse } from '../problem.ts';
import { mayScrape } from '../scrape.ts';

/** For Prometheus: open to this host, for everybody else with a session. */
export const addMetricsRoute = (app: App, context: Context): void => {
  const registry = makeMetrics(context);
  app.get(
    '/metrics',
    {
      config: { access: 'open' },
      schema: {
        tags: ['health'],
        security: [],
        summary: 'Prometheus text format',
        produces: ['text/plain'],
        response: { 200: z.string() },
      },
    },
    async (request, reply) => {
      if (!mayScrape(request)) throw refuse(401, 'from another host this needs a session');
      return reply
        .type(registry.contentType)
        .serializer((text: string) => text)
        .send(`${await registry.metrics()}${exposition([behindFamily(context)])}`);
    },
  );
};

const behindFamily = ({ controller }: Context): Family => ({
  name: 'sonde_stored_behind_seconds',
  help: "From fresh rounds' ends until they were in the store.",
  type: 'histogram',
  bounds: BEHIND_BOUNDS_S,
  samples: [controller.storedBehind()],
});
