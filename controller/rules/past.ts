// The stored past as rules read it. The one place of the rules that knows stored names.
import { METRICS, type MetricName } from '../../protocol/metrics.ts';
import type { Rule } from '../../protocol/rule.ts';
import type { Extremes, Past } from '../alerts/past.ts';
import { HOUR_MS, type Hours } from '../alerts/baseline.ts';
import type { Observation } from '../alerts/observation.ts';
import { ownSeries } from '../series/own.ts';
import type { FieldValue, Series, SeriesRow, SeriesStore } from '../series/store.ts';
import type { State } from '../state/database.ts';

interface Stored {
  readonly field: string;
  /** What the stored value is times, in the rule's unit: loss is stored in percent. */
  readonly scale: number;
}

/** A field of the catalogue under its stored name, any other as it is. */
const storedOf = ({ measurement, field }: Pick<Rule, 'measurement' | 'field'>): Stored => {
  const metric = isMetric(field) ? METRICS[field] : undefined;
  if (metric === undefined || metric.measurement !== measurement) return { field, scale: 1 };
  return { field: metric.field, scale: field === 'loss_ratio' ? 0.01 : 1 };
};

const isMetric = (name: string): name is MetricName => Object.hasOwn(METRICS, name);

const isLoss = ({ measurement, field }: Pick<Rule, 'measurement' | 'field'>): boolean => measurement === 'ping' && field === 'loss_ratio';

export const openPast = (store: SeriesStore, state: State): Past => ({
  async extremes(rule, from, to) {
    const { field, scale } = storedOf(rule);
    // A round that gave no sample has no loss, and may stand for the loss of all: such an hour must be looked at.
    const fields = [
      { field, aggregate: 'min' },
      { field, aggregate: 'max' },
      ...(isLoss(rule) ? [{ field: 'failed', aggregate: 'max' } as const] : []),
    ] as const;
    const found = await store.query({ measurement: rule.measurement, tags: ownSeries(), fields, from, to, bucketMs: HOUR_MS });
    return found.map((series): Extremes => ({ ...nameOf(series), hours: hoursOf(series.rows, scale) }));
  },
  means: async (rule, from, to) => readMeans(store, rule, from, to),
  async rounds(rule, { agent, task }, from, to) {
    const { field, scale } = storedOf(rule);
    const names = [
      field,
      'duration_ms',
      'interval_ms',
      'error_bound_ms',
      'packets_transmitted',
      'unknown',
      'blame',
      'time_source',
      'arrival_lag_ms',
    ];
    const fields = names.map((name) => ({ field: name, aggregate: 'last' }) as const);
    const found = await store.query({ measurement: rule.measurement, tags: ownSeries({ agent: [agent], task: [task] }), fields, from, to });
    const rounds = found.flatMap(({ rows }) => rows.map((row) => observationOf(rule, task, row, scale)).filter((round) => round !== null));
    // One pair is several series when a label that is a tag has changed.
    return found.length > 1 ? rounds.sort((a, b) => a.at - b.at) : rounds;
  },
  async absences(from, to) {
    const rows = await state.selectFrom('presence').selectAll().orderBy('agent_id').orderBy('from_at').execute();
    return rows.flatMap((row, index) => {
      const next = rows[index + 1];
      const end = next?.agent_id === row.agent_id ? next.from_at : null;
      return row.state === 'off' && row.from_at < to && (end === null || end > from)
        ? [{ agent: row.agent_id, from: row.from_at, to: end }]
        : [];
    });
  },
});

/** Means of whole hours, by series. */
export const readMeans = async (
  store: SeriesStore,
  rule: Pick<Rule, 'measurement' | 'field'>,
  from: number,
  to: number,
): Promise<ReadonlyMap<string, Hours>> => {
  const { field, scale } = storedOf(rule);
  const fields = [{ field, aggregate: 'mean' }] as const;
  const found = await store.query({ measurement: rule.measurement, tags: ownSeries(), fields, from, to, bucketMs: HOUR_MS });
  return new Map(
    found.map((series) => {
      const { agent, task } = nameOf(series);
      const means = series.rows.flatMap(([at, mean]) => (typeof mean === 'number' ? [[at / HOUR_MS, mean * scale] as const] : []));
      return [`${agent}/${task}`, new Map(means)];
    }),
  );
};

/** The tags that are not of the series' own name are the agent's, the target's and the labels'. */
const nameOf = ({ tags }: Series): { readonly agent: string; readonly task: string } => ({
  agent: tags['agent'] ?? tags['host'] ?? '',
  task: tags['task'] ?? '',
});

const hoursOf = (rows: readonly SeriesRow[], scale: number): Extremes['hours'] =>
  new Map(
    rows.flatMap(([at, min = null, max = null, failed = null]) => {
      const all = numberOf(failed) === 1 ? 1 : null;
      const low = numberOf(min);
      const high = numberOf(max);
      if (low === null || high === null) return all === null ? [] : [[at / HOUR_MS, { min: 1, max: 1 }] as const];
      return [[at / HOUR_MS, { min: low * scale, max: all ?? high * scale }] as const];
    }),
  );

const numberOf = (value: FieldValue | null): number | null => (typeof value === 'number' ? value : null);

/** As `observe` makes it of the round itself; nothing for what came as backfill or was stamped by a wall clock. */
const observationOf = (rule: Rule, task: string, row: SeriesRow, scale: number): Observation | null => {
  const [
    at,
    value = null,
    duration = null,
    interval = null,
    bound = null,
    sent = null,
    unknown = null,
    blame = null,
    source = null,
    lag = null,
  ] = row;
  if (lag !== null || source === 'wall') return null;
  const end = at + (numberOf(duration) ?? 0);
  const base = { measurement: rule.measurement, task, at, end, intervalMs: numberOf(interval) ?? 60_000 };
  const measured = numberOf(value);
  if (measured !== null) {
    const packets = (numberOf(sent) ?? 1) - (numberOf(unknown) ?? 0);
    return { ...base, boundMs: numberOf(bound) ?? 0, packets, values: { [rule.field]: measured * scale } };
  }
  return isLoss(rule) && (blame === 'target' || blame === 'path') ? { ...base, boundMs: 0, values: { loss_ratio: 1 } } : null;
};
