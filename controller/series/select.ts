// What is asked for, as text: `rtt_p95_ms`, `max(average_response_ms)`, `p99.9(rtt_sketch)`: to fields with aggregates, and their values back to
// one. Pure, and the same over every store, because percentiles come from merged sketches and ratios from sums of counts.
import { readName, unquote } from '../../protocol/ask-words.ts';
import { METRICS, type Metric, type MetricName } from '../../protocol/metrics.ts';
import type { Parsed } from '../../protocol/labels.ts';
import { decodeSketch, quantileOf } from '../../protocol/sketch.ts';
import type { Aggregate, FieldValue, MeasurementView } from './store.ts';

export interface Selected {
  readonly name: string;
  readonly unit: string | null;
  readonly needs: readonly { readonly field: string; readonly aggregate: Aggregate }[];
  /** From the values of what it needs, in that order. */
  readonly value: (values: readonly (FieldValue | null)[]) => FieldValue | null;
  /** The value is a counter's, and what is wanted is what it rises per second. */
  readonly isRate?: true;
}

export type FieldTypes = ReadonlyMap<string, MeasurementView['fields'][number]['type']>;

const AGGREGATES: readonly Aggregate[] = ['last', 'mean', 'min', 'max', 'sum', 'count'];
/** What a text or a boolean can have. */
const OF_ANY: readonly Aggregate[] = ['last', 'count'];
export const isMetric = (name: string): name is MetricName => Object.hasOwn(METRICS, name);

/** `bucketed` false: points as they were written, so a metric is its stored field. A field whose type is not known is taken for a number.
 * The reason says what would be right. */
export const select = (text: string, measurement: string, bucketed: boolean, types: FieldTypes = new Map()): Parsed<Selected> => {
  const [, word = '', field = ''] = CALL.exec(text) ?? [];
  if (word !== '') return selectAggregate(text, word, field, bucketed, types);
  const quoted = unquote(text);
  if (quoted !== null) return selectField(text, quoted, bucketed, types);
  if (isMetric(text)) return selectMetric(text, measurement, bucketed);
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(text))
    return {
      ok: false,
      reason: `"${text}": a metric such as rtt_p95_ms, or an aggregate of a field such as mean(average_response_ms) or max("free space")`,
    };
  return selectField(text, text, bucketed, types);
};

/** What is quoted is a field's stored name, never a metric's. */
const CALL = /^([a-z][a-z0-9.]*)\(([A-Za-z_][A-Za-z0-9_.-]*|"(?:[^"\\]|\\.)+")\)$/s;

const selectField = (text: string, field: string, bucketed: boolean, types: FieldTypes): Parsed<Selected> => {
  const aggregate = bucketed && !isNoNumber(types.get(field)) ? 'mean' : 'last';
  return { ok: true, value: { name: text, unit: null, needs: [{ field, aggregate }], value: first } };
};

const isNoNumber = (type: ReturnType<FieldTypes['get']>): boolean => type === 'string' || type === 'bool';

/** The one value as it is. */
export const first = ([value = null]: readonly (FieldValue | null)[]): FieldValue | null => value;

const selectAggregate = (text: string, word: string, name: string, bucketed: boolean, types: FieldTypes): Parsed<Selected> => {
  const metric = isMetric(name) ? METRICS[name] : null;
  const field = metric?.field ?? readName(name);
  const percent = word === 'median' ? 50 : Number(/^p(\d{1,2}(?:\.\d{1,3})?|100)$/.exec(word)?.[1] ?? Number.NaN);
  if (!Number.isNaN(percent)) {
    if (field !== METRICS.rtt_sketch.field) return { ok: false, reason: `"${text}": percentiles come from ${METRICS.rtt_sketch.field}` };
    return { ok: true, value: { name: text, unit: 'ms', needs: [{ field, aggregate: 'sketch' }], value: quantile(percent / 100) } };
  }
  if (word === 'rate' && !bucketed) return { ok: false, reason: `"${text}": a rate is over an interval, such as 1m, or auto` };
  const aggregate = word === 'rate' ? 'last' : AGGREGATES.find((one) => one === word);
  if (aggregate === undefined)
    return { ok: false, reason: `"${text}": there is no aggregate "${word}"; there is ${AGGREGATES.join(', ')}, rate, median, p1 to p100` };
  const type = types.get(field);
  if (bucketed && isNoNumber(type) && (word === 'rate' || !OF_ANY.includes(aggregate))) {
    const kind = type === 'bool' ? 'a boolean' : 'a text';
    return {
      ok: false,
      reason: `"${text}": ${field} is ${kind}; of ${kind} there is ${OF_ANY.map((one) => `${one}(${field})`).join(' and ')}`,
    };
  }
  const unit = metric === null ? null : word === 'rate' ? `${metric.unit} per second` : metric.unit;
  return {
    ok: true,
    value: {
      name: text,
      unit: aggregate === 'count' ? null : unit,
      needs: [{ field, aggregate }],
      value: first,
      ...(word === 'rate' ? { isRate: true } : {}),
    },
  };
};

const quantile =
  (q: number): Selected['value'] =>
  ([text]) => {
    const sketch = typeof text === 'string' ? decodeSketch(text) : null;
    return sketch?.ok ? quantileOf(sketch.value, q) : null;
  };

const selectMetric = (name: MetricName, measurement: string, bucketed: boolean): Parsed<Selected> => {
  const metric: Metric = METRICS[name];
  if (metric.measurement !== measurement)
    return { ok: false, reason: `"${name}" is a metric of ${metric.measurement}, not of ${measurement}` };
  const made = (needs: Selected['needs'], value: Selected['value'] = first): Parsed<Selected> => ({
    ok: true,
    value: { name, unit: metric.unit, needs, value },
  });
  if (name === 'loss_ratio')
    return bucketed ? made(LOSS_NEEDS, lossRatio) : made([{ field: metric.field, aggregate: 'last' }], fromPercent);
  if (!bucketed) return made([{ field: metric.field, aggregate: 'last' }]);
  switch (metric.merge) {
    case 'from-sketch':
      return made([{ field: METRICS.rtt_sketch.field, aggregate: 'sketch' }], quantile(percentOf(metric.field) / 100));
    case 'from-counts':
      return made([{ field: metric.field, aggregate: 'mean' }]);
    case 'sketch':
    case 'sum':
    case 'mean':
    case 'min':
    case 'max':
    case 'last':
      return made([{ field: metric.field, aggregate: metric.merge }]);
    default:
      return metric.merge satisfies never;
  }
};

/** Telegraf's `percentile95_ms`. */
const percentOf = (field: string): number => Number(/\d+/.exec(field)?.[0] ?? 50);

const LOSS_NEEDS = [METRICS.lost, METRICS.sent, METRICS.unknown].map(({ field }) => ({ field, aggregate: 'sum' as const }));
const lossRatio: Selected['value'] = ([lost, sent, unknown]) => {
  const counted = numberIn(sent) - numberIn(unknown);
  return counted > 0 ? numberIn(lost) / counted : null;
};
const numberIn = (value: FieldValue | null | undefined): number => (typeof value === 'number' ? value : 0);
const fromPercent: Selected['value'] = ([value]) => (typeof value === 'number' ? value / 100 : null);
