// Stored rows as columns of the smoke chart, in the catalogue's names: for the pages, and for the newest round of each pair.
import type { SmokeColumn } from '../../protocol/api.ts';
import { decodeSketch, quantileOf, type Sketch } from '../../protocol/sketch.ts';
import { ownSeries } from './own.ts';
import { PING } from './schema.ts';
import { type Aggregate, type FieldValue, type Point, type SeriesRow, type SeriesStore, TIER_MS } from './store.ts';

/** What a column is made of, with how many rounds make one. The order is the order of a row's values. */
const FIELDS = [
  ['result_code', 'count'],
  ['packets_transmitted', 'sum'],
  ['packets_received', 'sum'],
  ['lost', 'sum'],
  ['unknown', 'sum'],
  ['late', 'sum'],
  ['duplicates', 'sum'],
  ['reordered', 'sum'],
  ['failed', 'sum'],
  ['reason', 'last'],
  ['percent_packet_loss', 'max'],
  ['minimum_response_ms', 'min'],
  ['maximum_response_ms', 'max'],
  ['rtt_sketch', 'sketch'],
  ['ipdv_mean_abs_ms', 'mean'],
  ['pdv_p95_ms', 'mean'],
  ['jitter_rfc3550_ms', 'mean'],
  ['error_bound_ms', 'max'],
  ['duration_ms', 'max'],
  ['percentile5_ms', 'min'],
  ['percentile10_ms', 'min'],
  ['percentile25_ms', 'min'],
  ['percentile50_ms', 'min'],
  ['percentile75_ms', 'min'],
  ['percentile90_ms', 'min'],
  ['percentile95_ms', 'min'],
] as const satisfies readonly (readonly [string, Aggregate])[];
type Field = (typeof FIELDS)[number][0];
/** What the column of one round is made of. */
export const FIELDS_OF_ROUND: readonly Field[] = FIELDS.map(([field]) => field).filter((field) => field !== 'rtt_sketch');
type Read = (field: Field) => FieldValue | null;

const ROLLED_MS: readonly number[] = [TIER_MS['1h'], TIER_MS['5m'], TIER_MS['1m']];
const MOST_WIDER = 1.7;

export interface ColumnsQuery {
  readonly agent: string;
  readonly task: string;
  /** from ≤ at < to, ms. */
  readonly from: number;
  readonly to: number;
  /** At most so many columns; 1 and more. */
  readonly columns: number;
  readonly intervalMs: number;
}

/** One pair's history. bucketMs 0: every column is one round; otherwise whole seconds, and a multiple of the interval. */
export const readColumns = async (
  store: SeriesStore,
  query: ColumnsQuery,
): Promise<{ readonly bucketMs: number; readonly columns: readonly SmokeColumn[] }> => {
  const bucketMs = bucketFor(query);
  const series = await store.query({
    measurement: PING,
    tags: ownSeries({ agent: [query.agent], task: [query.task] }),
    fields: FIELDS.map(([field, aggregate]) => ({ field, aggregate })),
    from: query.from,
    to: query.to,
    ...(bucketMs > 0 ? { bucketMs } : {}),
  });
  // One pair may be several series when a label that is a tag has changed; a bucket that both have is shown by its larger part.
  const rows = series.length === 1 ? (series[0]?.rows ?? []) : largestByTime(series.flatMap(({ rows: all }) => all));
  return { bucketMs, columns: rows.map((row) => columnOfRow(row, bucketMs)) };
};

/** The column of one round. */
export const columnOfPoint = (point: Pick<Point, 'at' | 'fields'>): SmokeColumn =>
  column(point.at, 0, (field) => point.fields[field] ?? null);

export const bucketFor = ({ from, to, columns, intervalMs }: Omit<ColumnsQuery, 'agent' | 'task'>): number => {
  const rounds = Math.ceil((to - from) / intervalMs);
  if (rounds <= columns) return 0;
  // One bucket may be cut at both ends of the range, so one column fewer.
  const needed = (to - from) / Math.max(1, columns - 1);
  const exact = Math.ceil(needed / intervalMs) * intervalMs;
  // Whole hours, or five minutes, come from roll-ups; that is worth a few columns.
  const rolled = ROLLED_MS.map((widthMs) => Math.ceil(exact / widthMs) * widthMs).find(
    (bucketMs) => bucketMs <= exact * MOST_WIDER && bucketMs % intervalMs === 0,
  );
  return rolled ?? exact;
};

const columnOfRow = (row: SeriesRow, bucketMs: number): SmokeColumn => {
  const byField = new Map(FIELDS.map(([field], index) => [field, row[index + 1] ?? null]));
  return column(row[0], bucketMs, (field) => byField.get(field) ?? null);
};

const column = (at: number, bucketMs: number, read: Read): SmokeColumn => {
  const count = (field: Field): number => numberOr(read(field), 0);
  const value = (field: Field): number | null => numberOr(read(field), null);
  const counted = count('packets_transmitted') - count('unknown');
  const worst = value('percent_packet_loss');
  const reason = read('reason');
  return {
    at,
    endAt: at + (bucketMs > 0 ? bucketMs : count('duration_ms')),
    rounds: bucketMs > 0 ? count('result_code') : 1,
    sent: count('packets_transmitted'),
    received: count('packets_received'),
    lost: count('lost'),
    unknown: count('unknown'),
    late: count('late'),
    duplicates: count('duplicates'),
    reordered: count('reordered'),
    lossRatio: counted > 0 ? count('lost') / counted : null,
    worstLossRatio: worst === null ? null : worst / 100,
    failed: count('failed'),
    ...(typeof reason === 'string' ? { reason } : {}),
    rtt: bucketMs > 0 ? rttOfSketch(read) : rttOfRound(read),
    ipdvMeanAbsMs: value('ipdv_mean_abs_ms'),
    pdvP95Ms: value('pdv_p95_ms'),
    jitterRfc3550Ms: value('jitter_rfc3550_ms'),
    errorBoundMs: value('error_bound_ms'),
  };
};

const rttOfRound = (read: Read): SmokeColumn['rtt'] => {
  const ms = (field: Field): number => numberOr(read(field), 0);
  if (read('percentile50_ms') === null) return null;
  return {
    minMs: ms('minimum_response_ms'),
    p5Ms: ms('percentile5_ms'),
    p10Ms: ms('percentile10_ms'),
    p25Ms: ms('percentile25_ms'),
    medianMs: ms('percentile50_ms'),
    p75Ms: ms('percentile75_ms'),
    p90Ms: ms('percentile90_ms'),
    p95Ms: ms('percentile95_ms'),
    maxMs: ms('maximum_response_ms'),
  };
};

/** Quantiles of a bucket come from its merged sketch, held inside the true smallest and largest RTT. */
const rttOfSketch = (read: Read): SmokeColumn['rtt'] => {
  const sketch = sketchOf(read('rtt_sketch'));
  const minMs = numberOr(read('minimum_response_ms'), null);
  const maxMs = numberOr(read('maximum_response_ms'), null);
  if (sketch === null || minMs === null || maxMs === null) return null;
  const at = (q: number): number => Math.min(maxMs, Math.max(minMs, quantileOf(sketch, q) ?? minMs));
  return {
    minMs,
    p5Ms: at(0.05),
    p10Ms: at(0.1),
    p25Ms: at(0.25),
    medianMs: at(0.5),
    p75Ms: at(0.75),
    p90Ms: at(0.9),
    p95Ms: at(0.95),
    maxMs,
  };
};

const sketchOf = (text: FieldValue | null): Sketch | null => {
  if (typeof text !== 'string') return null;
  const decoded = decodeSketch(text);
  return decoded.ok ? decoded.value : null;
};

const largestByTime = (rows: readonly SeriesRow[]): SeriesRow[] => {
  const byTime = new Map<number, SeriesRow>();
  for (const row of rows) {
    const [at, count = null] = row;
    const other = byTime.get(at);
    if (other === undefined || numberOr(count, 0) > numberOr(other[1] ?? null, 0)) byTime.set(at, row);
  }
  return [...byTime.values()].sort(([a], [b]) => a - b);
};

const numberOr = <T>(value: FieldValue | null, otherwise: T): number | T => (typeof value === 'number' ? value : otherwise);
