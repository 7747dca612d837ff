import * as z from 'zod';
import { Ask, Asked, SeriesCatalogue } from '../../../protocol/ask.ts';
import { readName, readTag, splitWords } from '../../../protocol/ask-words.ts';
import { METRICS } from '../../../protocol/metrics.ts';
import { ROWS_WANTED, widthFor } from '../../../protocol/widths.ts';
import { askPage, selectAll } from '../../series/ask.ts';
import { needsTypes, openFieldTypes } from '../field-types.ts';
import { askedAsCsv } from '../asked-csv.ts';
import type { Context } from '../context.ts';
import type { App } from '../instance.ts';
import { sendCsv } from '../list-csv.ts';
import { parseMoment, parseWidth } from '../moments.ts';
import { After, checkedCursor, sayNext } from '../paging.ts';
import { refuse } from '../problem.ts';
import { problems, Whole } from '../schemas.ts';

const HOUR_MS = 3_600_000;
const LONGEST_MS = 10 * 366 * 24 * HOUR_MS;

/** A parameter may come again, or hold several with commas between them, but for those in double quotes. */
const List = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => (Array.isArray(given) ? given.map((text) => text.trim()).filter((text) => text !== '') : splitWords(given)));

export const QueryString = z.object({
  measurement: z.string().min(1).max(200).default('ping').describe('ping, net, interface, snmp …: GET /api/v1/series lists them'),
  select: List.default(['rtt_median_ms', 'loss_ratio']).describe(
    'metrics (rtt_p95_ms, loss_ratio …) or aggregates of fields: mean(average_response_ms), max(…), p99(rtt_sketch); rate(bytes_recv): what a counter rises per second, null where it began anew; of texts and booleans last(…) and count(…); a name with blanks, commas … in double quotes: mean("free space")',
  ),
  tag: List.default([]).describe(
    'key:value, any number of them; values of one key are alternatives; in double quotes with a comma, and the key with a blank: "rack no":"7,8"',
  ),
  agent: List.default([]),
  target: List.default([]),
  from: z.string().default('now-1h').describe('ms since 1970, ISO 8601, or now-6h'),
  to: z.string().default('now'),
  interval: z.string().default('auto').describe('5m, 1h …; auto: by the range; none: every point as it was written'),
  limit: Whole.min(1).max(100_000).default(10_000).describe('rows a page'),
  after: After,
  format: z.enum(['json', 'csv']).default('json'),
});
type QueryString = z.infer<typeof QueryString>;

export const addQueryRoutes = (app: App, context: Context): void => {
  const tags = ['series'];
  const config = { access: 'viewer' } as const;
  const { controller, store } = context;
  const fieldTypes = openFieldTypes(store, controller.clock);
  const typesFor = async (ask: Ask) => (needsTypes(ask) ? fieldTypes(ask.measurement) : undefined);

  app.get(
    '/api/v1/query',
    {
      config,
      schema: {
        tags,
        summary: 'Series by tags, with aggregates over intervals; percentiles come from merged sketches',
        querystring: QueryString,
        produces: ['application/json', 'text/csv'],
        response: { 200: Asked, ...problems },
      },
    },
    async (request, reply) => {
      const { query } = request;
      const ask = askOf(query, Math.ceil(controller.clock.now()));
      const columns = selectAll(ask, await typesFor(ask));
      if (!columns.ok) throw refuse(400, `select: ${columns.reason}`, [{ path: 'select', message: columns.reason }]);
      const after = checkedCursor(query.after);
      const asked = await askPage(store, ask, columns.value, { limit: query.limit, after });
      if (query.format === 'json') return asked;
      if (asked.next !== null) sayNext(request, reply, { after: asked.next, from: String(ask.from), to: String(ask.to) });
      return sendCsv(reply, ask.measurement, askedAsCsv(asked)) as never; // Border: the route's type knows the JSON answer only.
    },
  );

  app.get(
    '/api/v1/series',
    { config, schema: { tags, summary: 'Measurements, their fields, tags and metrics', response: { 200: SeriesCatalogue, ...problems } } },
    async () => ({
      measurements: (await store.describe()).map((one) => ({
        measurement: one.measurement,
        series: one.series,
        fields: [...one.fields],
        tags: one.tags.map(({ tag, values }) => ({ tag, values: [...values] })),
        metrics: Object.entries(METRICS)
          .filter(([, { measurement, type }]) => measurement === one.measurement && type !== 'string')
          .map(([name, { unit, definition }]) => ({ name, unit, definition })),
      })),
    }),
  );
};

/** Throws 400 with the parameter's name. */
export const askOf = (query: QueryString, now: number): Ask => {
  const at = (path: 'from' | 'to'): number => {
    const parsed = parseMoment(query[path], now);
    if (!parsed.ok) throw refuse(400, `${path}: ${parsed.reason}`, [{ path, message: parsed.reason }]);
    return parsed.value;
  };
  const [from, to] = [at('from'), at('to')];
  if (from >= to) throw refuse(400, 'from: must be before to', [{ path: 'from', message: 'must be before to' }]);
  if (to - from > LONGEST_MS)
    throw refuse(400, 'from: at most ten years before to', [{ path: 'from', message: 'at most ten years before to' }]);
  const tags: Record<string, string[]> = {};
  const add = (key: string, value: string): void => void (tags[key] ??= []).push(value);
  for (const text of query.tag) {
    const read = readTag(text);
    if (read === null)
      throw refuse(400, `tag: "${text}": key:value, such as country:de or "rack no":"7,8"`, [{ path: 'tag', message: 'key:value' }]);
    add(...read);
  }
  for (const agent of query.agent) add('agent', readName(agent));
  for (const target of query.target) add('target', readName(target));
  return { measurement: query.measurement, select: query.select, tags, from, to, bucketMs: bucketOf(query.interval, to - from) };
};

const bucketOf = (interval: string, rangeMs: number): number => {
  if (interval === 'none') return 0;
  if (interval === 'auto') return widthFor(rangeMs, ROWS_WANTED);
  const width = parseWidth(interval);
  if (!width.ok) throw refuse(400, `interval: ${width.reason}, auto or none`, [{ path: 'interval', message: width.reason }]);
  return width.value;
};
