import * as z from 'zod';
import { EXPOSITION_TYPE } from '../../../protocol/exposition.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { refuse } from '../problem.ts';
import { mayScrape } from '../scrape.ts';
import { problems } from '../schemas.ts';

const Prefix = z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,40}$|^$/, 'prefix: letters, digits, _ and :');
/** https://prometheus.io/docs/prometheus/latest/http_sd/ */
const Discovered = z.array(z.object({ targets: z.array(z.string()), labels: z.record(z.string(), z.string()) }));

/** What the fleet measures, for Prometheus, and where its agents can be scraped themselves. */
export const addPrometheusRoutes = (app: App, context: Context): void => {
  const { controller } = context;
  app.get(
    '/metrics/fleet',
    {
      config: { access: 'open' },
      schema: {
        tags: ['health'],
        security: [],
        summary: "Measurements in Prometheus' text format, by smokeping_prober's and blackbox_exporter's names",
        querystring: z.object({ prefix: Prefix.default('sonde_') }),
        produces: ['text/plain'],
        response: { 200: z.string() },
      },
    },
    async (request, reply) => {
      if (!mayScrape(request)) throw refuse(401, 'from another host this needs a session or a token');
      return reply
        .type(EXPOSITION_TYPE)
        .serializer((text: string) => text)
        .send(controller.metricsOfFleet(request.query.prefix));
    },
  );
  app.get(
    '/api/v1/prometheus/sd',
    {
      config: { access: 'open' },
      schema: {
        tags: ['health'],
        security: [],
        summary: 'HTTP service discovery: agents whose own /metrics can be scraped',
        response: { 200: Discovered, ...problems },
      },
    },
    async (request) => {
      if (!mayScrape(request)) throw refuse(401, 'from another host this needs a session or a token');
      const { agents } = await context.fleetView.model();
      const labelsOf = new Map(agents.map(({ id, labels }) => [id, labels]));
      return controller.agents().flatMap(({ id, online, status }) => {
        const address = status?.metricsAddress;
        if (!online || address === undefined) return [];
        const own = Object.entries(labelsOf.get(id) ?? {}).map(([key, value]) => [
          `__meta_sonde_label_${key.replaceAll(/[^a-zA-Z0-9_]/g, '_')}`,
          value,
        ]);
        return [{ targets: [address], labels: { agent: id, __meta_sonde_hostname: status?.hostname ?? '', ...Object.fromEntries(own) } }];
      });
    },
  );
};
