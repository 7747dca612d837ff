// Questions whose range lies in several tiers: each part asked where it lies, their buckets brought together.
import { HOUR_MS, type Segment } from '../../sqlite/plan.ts';
import { SketchSum } from '../../sqlite/codec/sketches.ts';
import { COUNT, MAX, MIN, SKETCH, type Stat, SUM, VALUE } from '../../sqlite/stats.ts';
import { type FieldValue, type Series, type SeriesQuery, type SeriesRow, type Tier, TIER_MS, TIERS } from '../../store.ts';
import { canonical, hasValue, merge, queryBuckets, queryPoints, sorted } from '../query.ts';
import type { Reader } from '../reader.ts';
import { askedOf, statsFor, type WantedStat } from './fields.ts';
import { hourOf } from './ledger.ts';
import { rollUpDatabase } from './places.ts';

/** `orPoints`: of series without windows there, which may be somebody else's, the points. */
export interface PlannedSegment extends Segment {
  readonly orPoints?: boolean;
}
/** From which tier which part of a bucketed question is answered; null: all of it from the points. */
export type Plan = (query: SeriesQuery, bucketMs: number) => Promise<readonly PlannedSegment[] | null> | null;

export const querySeries = async (reader: Reader, query: SeriesQuery, plan: Plan): Promise<Series[]> => {
  const { seriesOffset = 0, seriesLimit, bucketMs = 0 } = query;
  const segments = bucketMs > 0 ? await plan(query, bucketMs) : null;
  const found =
    segments !== null
      ? await queryTiers(reader, query, bucketMs, segments)
      : bucketMs > 0
        ? await queryBuckets(reader, query, bucketMs)
        : await queryPoints(reader, query);
  return sorted(found).slice(seriesOffset, seriesLimit === undefined ? undefined : seriesOffset + seriesLimit);
};

/** So few windows a bucket, and so short a time of points, are sooner read than aggregated by InfluxDB, which takes its time over each column. */
const FEW_WINDOWS = 4;
const FEW_HOURS = 2;

const queryTiers = async (reader: Reader, query: SeriesQuery, bucketMs: number, segments: readonly PlannedSegment[]): Promise<Series[]> => {
  const stats = statsFor(query.fields);
  const { limit, ...unlimited } = query;
  const inTier = async (tier: Tier, from: number, to: number): Promise<readonly Series[]> => {
    const isRolledUp = tier !== 'raw';
    const of = readerOf(reader, tier);
    const question = { ...unlimited, fields: askedOf(stats, isRolledUp), from, to };
    const isShort = isRolledUp ? bucketMs <= FEW_WINDOWS * TIER_MS[tier] : to - from <= FEW_HOURS * HOUR_MS;
    if (!isShort && tier !== '1m') return queryBuckets(of, question, bucketMs);
    const found = await queryPoints(of, question);
    const all = tier === '1m' ? besides(found, await queryPoints(readerOf(reader, '5m'), question)) : found;
    return all.map(({ tags, rows }) => ({
      tags,
      rows: rows.map(
        ([at, ...values]): SeriesRow => [
          Math.floor(at / bucketMs) * bucketMs,
          ...(isRolledUp ? values : values.map((value, i) => ofPoint(stats[i]?.stat ?? VALUE, value))),
        ],
      ),
    }));
  };
  const parts = await Promise.all(
    segments.map(async ({ tier, from, to, orPoints = false }) => {
      const found = await inTier(TIERS[tier] ?? 'raw', from, to);
      if (!orPoints) return found;
      const there = new Set(found.filter(({ rows }) => rows.length > 0).map(({ tags }) => canonical(tags)));
      return [...found, ...(await inTier('raw', from, to)).filter(({ tags }) => !there.has(canonical(tags)))];
    }),
  );
  const bySeries = Map.groupBy(parts.flat(), ({ tags }) => canonical(tags));
  return [...bySeries.values()].map((same) => ({
    tags: same[0]?.tags ?? {},
    rows: bucketsOf(same, stats)
      .map((row) => aggregated(query, row))
      .filter(hasValue)
      .slice(0, limit),
  }));
};

const readerOf = (reader: Reader, tier: Tier): Reader => (tier === 'raw' ? reader : reader.of(rollUpDatabase(reader.source), tier));

/** Hours of series that have no windows of a minute, because their points are no finer, are given by those of five. Windows as they are: a bucket may begin in another hour. */
const besides = (minutes: readonly Series[], fives: readonly Series[]): readonly Series[] =>
  [...Map.groupBy([...minutes, ...fives], ({ tags }) => canonical(tags)).values()].map((same) => {
    const [first = { tags: {}, rows: [] }, second] = same;
    if (second === undefined) return first;
    const hours = new Set(first.rows.map(([at]) => hourOf(at)));
    const rest = second.rows.filter(([at]) => !hours.has(hourOf(at)));
    return { tags: first.tags, rows: [...first.rows, ...rest].toSorted(([a], [b]) => a - b) };
  });

/** The buckets of one series; those that lie in two parts as one. `parts` in the order of time. */
const bucketsOf = (parts: readonly Series[], stats: readonly WantedStat[]): SeriesRow[] => {
  const buckets = new Map<number, SeriesRow>();
  for (const { rows } of parts)
    for (const row of rows) {
      const [at] = row;
      const known = buckets.get(at);
      buckets.set(at, known === undefined ? row : [at, ...stats.map(({ stat }, i) => both(stat, known[i + 1], row[i + 1]))]);
    }
  return [...buckets.values()].toSorted(([a], [b]) => a - b);
};

type Cell = FieldValue | null;

/** What a point alone gives to a statistic. */
const ofPoint = (stat: Stat, value: Cell): Cell => {
  if (stat === COUNT) return value === null ? null : 1;
  return typeof value === 'number' || stat === VALUE || stat === SKETCH ? value : null;
};

const both = (stat: Stat, earlier: Cell = null, later: Cell = null): Cell => {
  if (earlier === null || later === null) return earlier ?? later;
  if (stat === VALUE) return later;
  if (stat === SKETCH) return merge(new SketchSum(), [String(earlier), String(later)]);
  return NUMBERS[stat](Number(earlier), Number(later));
};
const NUMBERS: Readonly<Record<typeof COUNT | typeof SUM | typeof MIN | typeof MAX, (a: number, b: number) => number>> = {
  [COUNT]: (a, b) => a + b,
  [SUM]: (a, b) => a + b,
  [MIN]: Math.min,
  [MAX]: Math.max,
};

/** The statistics of each field made into its aggregate. */
const aggregated = ({ fields }: SeriesQuery, row: SeriesRow): SeriesRow => {
  let next = 1;
  const values = fields.map(({ aggregate }) => {
    const first = row[next] ?? null;
    next += 1;
    if (aggregate !== 'mean') return first;
    const count = row[next] ?? null;
    next += 1;
    return typeof first === 'number' && typeof count === 'number' ? first / count : null;
  });
  return [row[0], ...values];
};
