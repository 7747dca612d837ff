import * as z from 'zod';
import { Target } from '../../../protocol/target.ts';
import { widthFor } from '../../../protocol/widths.ts';
import { askPage, type Page, selectAll } from '../../series/ask.ts';
import { ownSeries } from '../../series/own.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { parseMoment } from '../moments.ts';
import { After, checkedCursor, sayNext } from '../paging.ts';
import { refuse } from '../problem.ts';
import { Limit, problems, Whole } from '../schemas.ts';
import { LogLevel, readSystemLog } from '../system-log.ts';

const HOUR_MS = 3_600_000;
const RANGES_MS = { '24h': 24 * HOUR_MS, '7d': 7 * 24 * HOUR_MS, '30d': 30 * 24 * HOUR_MS } as const;
const ROWS_WANTED = 300;
const ROWS_AT_MOST = 100_000;
/** Upper limits of the mean RTT, ms; what is above the last is critical too. */
const CLASSES = [
  ['excellent', 50],
  ['good', 100],
  ['fair', 150],
  ['poor', 300],
] as const;

const Server = z.object({
  name: z.string(),
  partner: z.string().nullable(),
  country: z.string().nullable(),
  ip: z.string(),
  dn_ext: z.string().nullable(),
});
const serverOf = (target: Target): z.infer<typeof Server> => ({
  name: target.name,
  partner: target.labels['partner'] ?? null,
  country: target.labels['country'] ?? null,
  ip: target.address,
  dn_ext: target.labels['dn_ext'] ?? null,
});
const ms = z.number().nullable();
const PingData = z.array(
  Server.extend({
    agent: z.string(),
    data: z.array(z.object({ timestamp: z.string(), min: ms, avg: ms, max: ms, jitter: ms, packet_loss: ms })),
  }),
);
const ServerStatus = z.array(
  Server.extend({
    agent: z.string(),
    status: z.enum(['up', 'down', 'stale', 'unknown']),
    latency_ms: ms,
    packet_loss: ms,
    class: z.enum(['excellent', 'good', 'fair', 'poor', 'critical']).nullable(),
    last_update: z.string().nullable(),
  }),
);
const Logs = z.array(z.object({ timestamp: z.string(), level: z.string(), source: z.string(), event: z.string(), message: z.string() }));
const Many = z.union([z.string(), z.array(z.string())]).transform((given) => (Array.isArray(given) ? given : [given]));
const iso = (at: number): string => new Date(at).toISOString();

/** The three paths of an older ping monitor: servers are targets with the labels partner, country and dn_ext. */
export const addServerRoutes = (app: App, context: Context): void => {
  const tags = ['older paths'];
  const config = { access: 'viewer' } as const;
  app.get(
    '/api/ping-data',
    {
      config,
      schema: {
        tags,
        summary: 'Ping results by server, filtered by country, over a range',
        querystring: z.object({
          country: Many.optional(),
          range: z.enum(['24h', '7d', '30d', 'custom']).default('24h'),
          start: z.string().optional(),
          end: z.string().optional(),
          limit: Whole.min(1).max(ROWS_AT_MOST).default(ROWS_AT_MOST).describe('rows in all; the Link header says the next page'),
          after: After,
        }),
        response: { 200: PingData, ...problems },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const now = Math.ceil(context.controller.clock.now());
      const [from, to] = query.range === 'custom' ? customRange(query.start, query.end, now) : [now - RANGES_MS[query.range], now];
      const { targets } = await context.fleetView.model();
      const wanted = targets.map(({ target }) => target).filter(({ labels }) => query.country?.includes(labels['country'] ?? '') ?? true);
      const { data, next } = await pingData(context, wanted, { from, to }, { limit: query.limit, after: checkedCursor(query.after) });
      if (next !== null) sayNext(request, reply, { after: next, range: 'custom', start: String(from), end: String(to) });
      return data;
    },
  );
  app.get(
    '/api/servers/status',
    { config, schema: { tags, summary: 'How each server is now, from each agent', response: { 200: ServerStatus, ...problems } } },
    async () => serverStatus(context),
  );
  app.get(
    '/api/logs',
    {
      config,
      schema: {
        tags,
        summary: 'What agents told, what was changed, who enrolled and what went wrong, newest first',
        querystring: z.object({ limit: Limit.default(10), level: LogLevel.optional() }),
        response: { 200: Logs, ...problems },
      },
    },
    async ({ query: { limit, level } }) =>
      (await readSystemLog(context.state, level, limit)).map(({ at, ...line }) => ({ timestamp: iso(at), ...line })),
  );
};

const customRange = (start: string | undefined, end: string | undefined, now: number): readonly [number, number] => {
  const moment = (path: 'start' | 'end', text: string | undefined): number => {
    const parsed = text === undefined ? ({ ok: false, reason: 'a custom range needs start and end' } as const) : parseMoment(text, now);
    if (!parsed.ok) throw refuse(400, `${path}: ${parsed.reason}`, [{ path, message: parsed.reason }]);
    return parsed.value;
  };
  const range = [moment('start', start), moment('end', end)] as const;
  if (range[0] >= range[1]) throw refuse(400, 'start: must be before end', [{ path: 'start', message: 'must be before end' }]);
  return range;
};

const SELECT = ['rtt_min_ms', 'rtt_mean_ms', 'rtt_max_ms', 'ipdv_mean_abs_ms', 'loss_ratio'];

const pingData = async (
  { store }: Context,
  targets: readonly Target[],
  { from, to }: { readonly from: number; readonly to: number },
  page: Page,
): Promise<{ readonly data: z.infer<typeof PingData>; readonly next: string | null }> => {
  if (targets.length === 0) return { data: [], next: null };
  const byId = new Map(targets.map((target) => [target.id, target]));
  const ask = {
    measurement: 'ping',
    select: SELECT,
    tags: ownSeries({ target: [...byId.keys()] }),
    from,
    to,
    bucketMs: widthFor(to - from, ROWS_WANTED),
  };
  const columns = selectAll(ask);
  if (!columns.ok) throw new Error(columns.reason);
  const { series, next } = await askPage(store, ask, columns.value, page);
  const data = series.flatMap(({ tags, rows }) => {
    const target = byId.get(tags['target'] ?? '');
    if (target === undefined) return [];
    const values = rows.map(([at, min, avg, max, jitter, loss]) => ({
      timestamp: iso(Number(at)),
      min: numberOrNull(min),
      avg: numberOrNull(avg),
      max: numberOrNull(max),
      jitter: numberOrNull(jitter),
      packet_loss: percentOf(numberOrNull(loss)),
    }));
    return [{ ...serverOf(target), agent: tags['agent'] ?? '', data: values }];
  });
  return { data, next };
};

const serverStatus = async ({ fleetView, controller }: Context): Promise<z.infer<typeof ServerStatus>> => {
  const { pairs } = await fleetView.model();
  const now = controller.clock.now();
  return [...pairs.values()].map(({ stored, agent, latest, template }) => {
    const column = latest?.column ?? null;
    const stale = column !== null && now - column.endAt > 3 * template.intervalMs + 30_000;
    const rtt = column?.rtt ?? null;
    return {
      ...serverOf(stored.target),
      agent: agent.id,
      status: column === null ? 'unknown' : stale ? 'stale' : rtt === null ? 'down' : 'up',
      latency_ms: rtt?.medianMs ?? null,
      packet_loss: percentOf(column?.lossRatio ?? null),
      class: rtt === null ? null : (CLASSES.find(([, limit]) => rtt.medianMs <= limit)?.[0] ?? 'critical'),
      last_update: column === null ? null : iso(column.endAt),
    } as const;
  });
};

const numberOrNull = (value: number | string | boolean | null | undefined): number | null => (typeof value === 'number' ? value : null);
const percentOf = (ratio: number | null): number | null => (ratio === null ? null : 100 * ratio);
