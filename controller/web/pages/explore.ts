import type { SeriesCatalogue } from '../../../protocol/ask.ts';
import { readName, readTag, splitWords, writeName } from '../../../protocol/ask-words.ts';
import type { Parsed } from '../../../protocol/labels.ts';
import { METRICS, type MetricName } from '../../../protocol/metrics.ts';
import { ROWS_WANTED, widthFor, widthText } from '../../../protocol/widths.ts';

// What the explore page asks for, as the URL says it, and the same question in other languages. Pure.

export interface Question {
  readonly measurement: string;
  readonly select: readonly string[];
  /** `key:value`. */
  readonly tags: readonly string[];
  /** auto, none, or a width such as 5m. */
  readonly interval: string;
}

const DEFAULT: Question = { measurement: 'ping', select: ['rtt_median_ms'], tags: [], interval: 'auto' };
export const INTERVALS = ['auto', '1m', '5m', '15m', '1h', '6h', '1d', 'none'] as const;

export const readQuestion = (query: URLSearchParams): Question => ({
  measurement: query.get('m') ?? DEFAULT.measurement,
  select: splitOr(query.get('s'), DEFAULT.select),
  tags: splitOr(query.get('tags'), []),
  interval: query.get('i') ?? DEFAULT.interval,
});

const splitOr = (text: string | null, otherwise: readonly string[]): readonly string[] => (text === null ? otherwise : splitWords(text));

/** Values of the URL; null where the usual one says it. */
export const writeQuestion = (question: Question): Record<string, string | null> => ({
  m: question.measurement === DEFAULT.measurement ? null : question.measurement,
  s: question.select.join() === DEFAULT.select.join() ? null : question.select.join(),
  tags: question.tags.join() || null,
  i: question.interval === DEFAULT.interval ? null : question.interval,
});

/** The interval as InfluxQL writes it; of auto the one that the API takes. */
export const widthOf = ({ interval }: Question, rangeMs: number): string =>
  interval === 'auto' ? widthText(widthFor(rangeMs, ROWS_WANTED)) : /^\d+$/.test(interval) ? `${interval}s` : interval;

type Field = SeriesCatalogue['measurements'][number]['fields'][number];
const NUMBERS = ['mean', 'rate', 'min', 'max', 'sum', 'last', 'count'] as const;
/** What can be asked of a field: a text and a boolean have no mean. */
export const aggregatesOf = ({ type }: Pick<Field, 'type'>): readonly string[] =>
  type === 'string' || type === 'bool' ? ['last', 'count'] : NUMBERS;
export const AGGREGATES: readonly string[] = NUMBERS;

/** What a measurement is first asked for: its first metric, else the first of its numbers, else of its fields. */
export const firstValue = ({ metrics, fields }: Pick<SeriesCatalogue['measurements'][number], 'metrics' | 'fields'>): string => {
  const field = fields.find((one) => aggregatesOf(one).includes('mean')) ?? fields[0];
  return metrics[0]?.name ?? (field === undefined ? 'value' : `${aggregatesOf(field)[0]}(${writeName(field.field)})`);
};

type Drawn = readonly [at: number, value: number | null];
/** So many times the usual distance of two points, and what lies between them is a hole. */
const HOLE = 2.5;

/** Points with an empty one in each hole, so that no line is drawn over it. */
export const withHoles = (points: readonly Drawn[], bucketMs: number): Drawn[] => {
  const steps = points.slice(1).map(([at], i) => at - (points[i]?.[0] ?? at));
  const usual = Math.max(bucketMs, steps.toSorted((a, b) => a - b)[Math.floor(steps.length / 2)] ?? 0);
  return points.flatMap((point, i): Drawn[] => {
    const step = steps[i] ?? 0;
    return step > HOLE * usual ? [point, [point[0] + step / 2, null]] : [point];
  });
};

/** The path below /api/v1. */
export const queryPath = (question: Question, from: number, to: number, more: Readonly<Record<string, string>> = {}): string => {
  const parts = new URLSearchParams({ measurement: question.measurement });
  for (const one of question.select) parts.append('select', one);
  for (const tag of question.tags) parts.append('tag', tag);
  for (const [key, value] of Object.entries({ from: String(from), to: String(to), interval: question.interval, ...more }))
    parts.append(key, value);
  return `/query?${parts.toString()}`;
};

/** For a shell; the token stands in a variable, so that it does not get into the history. */
export const curlOf = (origin: string, path: string): string => `curl -H "Authorization: Bearer $SONDE_TOKEN" '${origin}/api/v1${path}'`;

const quoted = (name: string): string => `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
const text = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const isMetric = (name: string): name is MetricName => Object.hasOwn(METRICS, name);

type Columns = Parsed<string>;
const said = (value: string): Columns => ({ ok: true, value });
const STORED: ReadonlySet<string> = new Set(Object.values(METRICS).map(({ field }) => field));

/** One column as the API answers it. Percentiles are each round's own, averaged: InfluxQL cannot merge sketches, so it has only those that are stored. */
const columnOf = (name: string, bucketed: boolean, fields: readonly Field[]): Columns => {
  const [, word = '', field = ''] = /^([a-z][a-z0-9.]*)\((.+)\)$/.exec(name) ?? [];
  const stored = (one: string): string => quoted(isMetric(one) ? METRICS[one].field : readName(one));
  const as = (column: string): Columns => said(`${column} AS ${quoted(name)}`);
  const aggregated = (one: string, column: string): Columns => as(bucketed ? `${one}(${column})` : column);
  if (word !== '') {
    const percent = word === 'median' ? '50' : /^p([\d.]+)$/.exec(word)?.[1];
    if (percent === undefined)
      return word === 'rate' ? as(`non_negative_derivative(last(${stored(field)}), 1s)`) : aggregated(word, stored(field));
    const own = `percentile${Number(percent)}_ms`;
    if (!STORED.has(own)) return { ok: false, reason: `${name}: InfluxQL cannot read sketches, and ${own} is not stored` };
    return aggregated('mean', quoted(own));
  }
  if (name === METRICS.rtt_sketch.field && bucketed) return { ok: false, reason: `${name}: InfluxQL cannot merge sketches` };
  if (name === 'loss_ratio') return as(bucketed ? 'sum("lost") / (sum("packets_transmitted") - sum("unknown"))' : `${stored(name)} / 100`);
  if (!isMetric(name)) {
    const known = fields.find((one) => one.field === readName(name));
    return aggregated(known === undefined ? 'mean' : (aggregatesOf(known)[0] ?? 'mean'), stored(name));
  }
  const { merge } = METRICS[name];
  return aggregated(merge === 'from-sketch' || merge === 'from-counts' || merge === 'sketch' ? 'mean' : merge, stored(name));
};

const conditions = (tags: readonly string[]): string[] => {
  const byKey = Map.groupBy(
    tags.map(readTag).filter((tag) => tag !== null),
    ([key]) => key,
  );
  return [...byKey].map(([key, values]) => {
    const one = ([, value]: readonly [string, string]): string => `${quoted(key)} = ${text(value)}`;
    return values[0] !== undefined && values.length === 1 ? one(values[0]) : `(${values.map(one).join(' OR ')})`;
  });
};

/** The question in InfluxQL, or why InfluxQL cannot say it. `fields`: of the measurement, as far as they are known. */
export const influxqlOf = (question: Question, time: string, width: string, fields: readonly Field[] = []): Parsed<string> => {
  const bucketed = question.interval !== 'none';
  const columns = question.select.map((name) => columnOf(name, bucketed, fields));
  const failed = columns.flatMap((one) => (one.ok ? [] : [one.reason]));
  if (failed.length > 0) return { ok: false, reason: failed.join('; ') };
  const select = columns.flatMap((one) => (one.ok ? [one.value] : [])).join(', ');
  const where = [time, ...conditions(question.tags)].join(' AND ');
  return said(`SELECT ${select} FROM ${quoted(question.measurement)} WHERE ${where} GROUP BY ${bucketed ? `time(${width}), ` : ''}*`);
};

/** A panel to paste into a Grafana dashboard that chooses its InfluxDB by a variable `datasource`, as ours do (classic JSON).
 * `keys`: the tags that tell its lines apart. */
export const grafanaPanelOf = (question: Question, keys: readonly string[], fields: readonly Field[] = []): Parsed<string> => {
  const query = influxqlOf(question, '$timeFilter', question.interval === 'auto' ? '$__interval' : widthOf(question, 0), fields);
  if (!query.ok) return query;
  const datasource = { type: 'influxdb', uid: '${datasource}' };
  const alias = [...keys.map((key) => `$tag_${key}`), '$col'].join(' ');
  const panel = {
    type: 'timeseries',
    title: `${question.select.join(', ')}${question.tags.length > 0 ? ` of ${question.tags.join(', ')}` : ''}`,
    datasource,
    gridPos: { x: 0, y: 0, w: 12, h: 8 },
    fieldConfig: { defaults: { unit: unitOf(question.select[0] ?? '') }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: [{ refId: 'A', datasource, rawQuery: true, resultFormat: 'time_series', alias, query: query.value }],
  };
  return said(JSON.stringify(panel, null, 2));
};

const unitOf = (name: string): string => {
  const unit = isMetric(name) ? METRICS[name].unit : null;
  return unit === 'ms' ? 'ms' : unit === 'ratio' ? 'percentunit' : unit === 'bits per second' ? 'bps' : 'short';
};

const TELLING = ['agent', 'target', 'device', 'source', 'ifName', 'port', 'interface', 'host', 'url'];

/** The tags that tell series apart; of one that says what another says, the first. */
export const tellingKeys = (tags: readonly Readonly<Record<string, string>>[]): string[] => {
  const there = TELLING.filter((key) => tags.some((one) => one[key] !== undefined));
  const said = there.filter((key, i) => !there.slice(0, i).some((before) => tags.every((one) => one[before] === one[key])));
  const differing = said.filter((key) => new Set(tags.map((one) => one[key] ?? '')).size > 1);
  return differing.length > 0 ? differing : said.slice(0, 2);
};

/** A lasting name for one line of an answer: what its tags say that others' do not. */
export const lineNames = (tags: readonly Readonly<Record<string, string>>[]): string[] => {
  const keys = tellingKeys(tags);
  return tags.map((one) => [...new Set(keys.flatMap((key) => (one[key] === undefined ? [] : [one[key]])))].join(' ') || 'all');
};
