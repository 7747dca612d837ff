import * as z from 'zod';
import { TargetId } from '../../../protocol/ids.ts';
import { ROWS_WANTED, widthFor, widthText } from '../../../protocol/widths.ts';
import { askPage, selectAll } from '../../series/ask.ts';
import { ownSeries } from '../../series/own.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { parseMoment, parseWidth } from '../moments.ts';
import { After, checkedCursor, sayNext } from '../paging.ts';
import { refuse } from '../problem.ts';
import { problems, Whole } from '../schemas.ts';

const DAY_MS = 86_400_000;

/** What an older platform's metric types are here. */
const TYPES = {
  NETWORK_LATENCY: { measurement: 'ping', tag: 'target', select: 'rtt_mean_ms', unit: 'ms', factor: 1 },
  PACKET_LOSS: { measurement: 'ping', tag: 'target', select: 'loss_ratio', unit: '%', factor: 100 },
  JITTER: { measurement: 'ping', tag: 'target', select: 'ipdv_mean_abs_ms', unit: 'ms', factor: 1 },
  BANDWIDTH_UTILIZATION: { measurement: 'interface', tag: 'device', select: 'max(in_utilization_ratio)', unit: '%', factor: 100 },
  CONNECTION_COUNT: { measurement: 'netstat', tag: 'host', select: 'max(tcp_established)', unit: 'connections', factor: 1 },
} as const;
const MetricType = z.enum(['NETWORK_LATENCY', 'PACKET_LOSS', 'JITTER', 'BANDWIDTH_UTILIZATION', 'CONNECTION_COUNT']);

const NodeMetric = z.object({
  node_id: z.string(),
  agent: z.string().nullable(),
  metric_type: MetricType,
  timestamp: z.string(),
  value: z.number(),
  unit: z.string(),
});

/** Metrics of nodes by an older platform's parameters. */
export const addNodeMetricRoutes = (app: App, { controller, store }: Context): void => {
  app.get(
    '/monitoring/metrics',
    {
      config: { access: 'viewer' },
      schema: {
        tags: ['older paths'],
        summary: 'One metric of one node, or of all, over time; where there is more than the limit, a Link header says the next page',
        querystring: z.object({
          metric_type: MetricType.default('NETWORK_LATENCY'),
          node_id: TargetId.optional(),
          start_time: z.string().default('now-24h'),
          end_time: z.string().default('now'),
          interval: z.string().default('auto'),
          limit: Whole.min(1).max(100_000).default(10_000),
          after: After,
        }),
        response: { 200: z.array(NodeMetric), ...problems },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const now = Math.ceil(controller.clock.now());
      const at = (path: 'start_time' | 'end_time'): number => {
        const parsed = parseMoment(query[path], now);
        if (!parsed.ok) throw refuse(400, `${path}: ${parsed.reason}`, [{ path, message: parsed.reason }]);
        return parsed.value;
      };
      const [from, to] = [at('start_time'), at('end_time')];
      if (from >= to || to - from > 3_660 * DAY_MS)
        throw refuse(400, 'start_time: before end_time, by ten years at most', [{ path: 'start_time', message: 'before end_time' }]);
      const width =
        query.interval === 'auto' ? ({ ok: true, value: widthFor(to - from, ROWS_WANTED) } as const) : parseWidth(query.interval);
      if (!width.ok) throw refuse(400, `interval: ${width.reason}`, [{ path: 'interval', message: width.reason }]);
      const type = TYPES[query.metric_type];
      const tags = ownSeries(query.node_id === undefined ? {} : { [type.tag]: [query.node_id] });
      const ask = { measurement: type.measurement, select: [type.select], tags, from, to, bucketMs: width.value };
      const columns = selectAll(ask);
      if (!columns.ok) throw refuse(400, columns.reason);
      const { series, next } = await askPage(store, ask, columns.value, { limit: query.limit, after: checkedCursor(query.after) });
      if (next !== null)
        sayNext(request, reply, { after: next, start_time: String(from), end_time: String(to), interval: widthText(width.value) });
      return series.flatMap((one) =>
        one.rows.flatMap(([start, value]) =>
          typeof value === 'number'
            ? [
                {
                  node_id: one.tags[type.tag] ?? '',
                  agent: one.tags['agent'] ?? null,
                  metric_type: query.metric_type,
                  timestamp: new Date(Number(start)).toISOString(),
                  value: value * type.factor,
                  unit: type.unit,
                },
              ]
            : [],
        ),
      );
    },
  );
};
