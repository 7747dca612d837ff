import * as z from 'zod';
import { PortView } from '../../../protocol/api-devices.ts';
import { TargetId } from '../../../protocol/ids.ts';
import { askPage, selectAll } from '../../series/ask.ts';
import { ownSeries } from '../../series/own.ts';
import { EXPOSITION_TYPE } from '../../../protocol/exposition.ts';
import type { Context } from '../context.ts';
import { viewPort } from '../device-view.ts';
import type { App } from '../instance.ts';
import { After, checkedCursor, sayNext } from '../paging.ts';
import { refuse } from '../problem.ts';
import { mayScrape } from '../scrape.ts';
import { Limit, problems, scraped } from '../schemas.ts';

const HOUR_MS = 3_600_000;
const SELECT = ['rtt_mean_ms', 'loss_ratio', 'ipdv_mean_abs_ms'];
const Cells = <T extends z.ZodType>(value: T) => z.record(z.string(), value);
/** As a data frame gives itself: each column by the number of its row. */
const Table = z.object({ timestamp: Cells(z.string()), metric: Cells(z.string()), value: Cells(z.number().nullable()) });

/** Older paths: a table of the last day, the interfaces now, and gauges for Prometheus. */
export const addTableMetricRoutes = (app: App, context: Context): void => {
  const { store, controller } = context;
  const tags = ['older paths'];
  const config = { access: 'viewer' } as const;
  app.get(
    '/api/metrics',
    {
      config,
      schema: {
        tags,
        summary: 'The last 24 hours by the hour: columns timestamp, metric, value',
        querystring: z.object({ limit: Limit.default(1_000), after: After }),
        response: { 200: Table, ...problems },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const to = Math.ceil(controller.clock.now());
      const ask = { measurement: 'ping', select: SELECT, tags: ownSeries(), from: to - 24 * HOUR_MS, to, bucketMs: HOUR_MS };
      const columns = selectAll(ask);
      if (!columns.ok) throw new Error(columns.reason);
      const { series, next } = await askPage(store, ask, columns.value, { limit: query.limit, after: checkedCursor(query.after) });
      if (next !== null) sayNext(request, reply, { after: next });
      const cells = series.flatMap((one) =>
        one.rows.flatMap(([at, ...values]) =>
          values.map((value, i) => ({
            timestamp: new Date(Number(at)).toISOString(),
            metric: `${SELECT[i] ?? ''} ${one.tags['agent'] ?? ''} ${one.tags['target'] ?? ''}`,
            value: typeof value === 'number' ? value : null,
          })),
        ),
      );
      const table: z.infer<typeof Table> = { timestamp: {}, metric: {}, value: {} };
      for (const [row, cell] of cells.entries()) {
        table.timestamp[row] = cell.timestamp;
        table.metric[row] = cell.metric;
        table.value[row] = cell.value;
      }
      return table;
    },
  );
  app.get(
    '/api/v1/interfaces/metrics',
    {
      config,
      schema: {
        tags,
        summary: "Every interface's newest reading, of one device or of all",
        querystring: z.object({ device: TargetId.optional() }),
        response: { 200: z.object({ interfaces: z.array(PortView) }), ...problems },
      },
    },
    async ({ query }) => {
      const ids = (await controller.devices.list())
        .map(({ device }) => device.id)
        .filter((id) => query.device === undefined || id === query.device);
      const ports = ids.flatMap((id) => [...(controller.deviceLatest(id)?.ports.values() ?? [])].map((port) => ({ id, port })));
      return { interfaces: ports.filter(({ port }) => port.goneAt === null).map(({ id, port }) => viewPort(id, port)) };
    },
  );
  app.get(
    '/metrics/network',
    {
      config: { access: 'open' },
      schema: {
        tags: ['health'],
        security: [],
        summary: "network_latency_milliseconds and its kin, in Prometheus' text format",
        produces: ['text/plain'],
        response: { 200: z.string(), ...scraped },
      },
    },
    async (request, reply) => {
      if (!mayScrape(request)) throw refuse(401, 'from another host this needs a session or a token');
      return reply
        .type(EXPOSITION_TYPE)
        .serializer((text: string) => text)
        .send(controller.metricsOfFleet(''));
    },
  );
};
