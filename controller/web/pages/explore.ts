import { readName, readTag, splitWords } from '../../../protocol/ask-words.ts';
import { METRICS, type MetricName } from '../../../protocol/metrics.ts';

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

/** One column. Percentiles are each round's own, averaged: InfluxQL cannot merge sketches. */
const columnOf = (name: string, bucketed: boolean): string => {
  const [, word = '', field = ''] = /^([a-z][a-z0-9.]*)\((.+)\)$/.exec(name) ?? [];
  const stored = (one: string): string => quoted(isMetric(one) ? METRICS[one].field : readName(one));
  if (word !== '') {
    const percent = word === 'median' ? '50' : /^p(\d+)/.exec(word)?.[1];
    const column = percent === undefined ? stored(field) : quoted(`percentile${percent}_ms`);
    return bucketed ? `${percent === undefined ? word : 'mean'}(${column}) AS ${quoted(name)}` : `${column} AS ${quoted(name)}`;
  }
  if (!bucketed) return `${stored(name)} AS ${quoted(name)}`;
  if (name === 'loss_ratio') return `sum("lost") / (sum("packets_transmitted") - sum("unknown")) AS "loss_ratio"`;
  const merge = isMetric(name) ? METRICS[name].merge : 'mean';
  const aggregate = merge === 'from-sketch' || merge === 'from-counts' || merge === 'sketch' ? 'mean' : merge;
  return `${aggregate}(${stored(name)}) AS ${quoted(name)}`;
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

export const influxqlOf = (question: Question, time: string, width: string): string => {
  const bucketed = question.interval !== 'none';
  const columns = question.select.map((name) => columnOf(name, bucketed)).join(', ');
  const where = [time, ...conditions(question.tags)].join(' AND ');
  return `SELECT ${columns} FROM ${quoted(question.measurement)} WHERE ${where} GROUP BY ${bucketed ? `time(${width}), ` : ''}*`;
};

/** A panel to paste into a Grafana dashboard with an InfluxDB data source (classic JSON). */
export const grafanaPanelOf = (question: Question): string =>
  JSON.stringify(
    {
      type: 'timeseries',
      title: `${question.select.join(', ')}${question.tags.length > 0 ? ` of ${question.tags.join(', ')}` : ''}`,
      datasource: { type: 'influxdb', uid: '${datasource}' },
      gridPos: { x: 0, y: 0, w: 12, h: 8 },
      fieldConfig: { defaults: { unit: unitOf(question.select[0] ?? '') }, overrides: [] },
      options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
      targets: [
        {
          refId: 'A',
          rawQuery: true,
          resultFormat: 'time_series',
          alias: '$tag_agent $tag_target $col',
          query: influxqlOf(question, '$timeFilter', question.interval === 'auto' ? '$__interval' : question.interval),
        },
      ],
    },
    null,
    2,
  );

const unitOf = (name: string): string => {
  const unit = isMetric(name) ? METRICS[name].unit : null;
  return unit === 'ms' ? 'ms' : unit === 'ratio' ? 'percentunit' : unit === 'bits per second' ? 'bps' : 'short';
};

/** A lasting name for one line of an answer: what its tags say that others' do not. */
export const lineNames = (tags: readonly Readonly<Record<string, string>>[]): string[] => {
  const telling = ['agent', 'target', 'device', 'ifName', 'port', 'interface', 'host', 'url'];
  const differing = telling.filter((key) => new Set(tags.map((one) => one[key] ?? '')).size > 1);
  const keys = differing.length > 0 ? differing : telling.filter((key) => tags[0]?.[key] !== undefined).slice(0, 2);
  return tags.map((one) => [...new Set(keys.flatMap((key) => (one[key] === undefined ? [] : [one[key]])))].join(' ') || 'all');
};
