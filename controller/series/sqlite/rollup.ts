// The windows of one hour in every tier, from the points of many series at once. Pure: done again it gives the same bits.
import { METRICS } from '../../../protocol/metrics.ts';
import { TIER_MS } from '../store.ts';
import { Buckets, type Wanted } from './buckets.ts';
import type { Column, Rows } from './codec/chunk.ts';
import { cutColumns } from './cut.ts';
import { COUNT, columnKey, fieldOfKey, MAX, MIN, SKETCH, type Stat, SUM, VALUE } from './stats.ts';

/** Tiers 1m, 5m and 1h, each made of the one before; `isMerged` tells the fields that are sketches. */
export const rollUp = (points: Rows, isMerged: (field: number) => boolean): readonly [Rows, Rows, Rows] => {
  const wanted = [...points.columns].toSorted(([a], [b]) => a - b).flatMap(([key, column]) => statsOf(fieldOfKey(key), column, isMerged));
  const minutes = windowsOf(points, false, wanted, TIER_MS['1m']);
  const fives = windowsOf(minutes, true, wanted, TIER_MS['5m']);
  return [minutes, fives, windowsOf(fives, true, wanted, TIER_MS['1h'])];
};

const SKETCHES: ReadonlySet<string> = new Set(
  Object.values(METRICS)
    .filter(({ merge }) => merge === 'sketch')
    .map(({ measurement, field }) => `${measurement}.${field}`),
);
export const isSketch = (measurement: string, field: string): boolean => SKETCHES.has(`${measurement}.${field}`);

const NUMBER_STATS: readonly Stat[] = [VALUE, COUNT, SUM, MIN, MAX];
const SKETCH_STATS: readonly Stat[] = [COUNT, SKETCH];
const TEXT_STATS: readonly Stat[] = [VALUE, COUNT];

const statsOf = (field: number, column: Column, isMerged: (field: number) => boolean): Wanted[] =>
  (column instanceof Float64Array ? NUMBER_STATS : isMerged(field) ? SKETCH_STATS : TEXT_STATS).map((stat) => ({ field, stat }));

const windowsOf = (rows: Rows, isRolledUp: boolean, wanted: readonly Wanted[], widthMs: number): Rows => {
  const buckets = new Buckets(wanted, widthMs);
  buckets.add(cutColumns(rows.at, rows.columns), isRolledUp, rows.series);
  const { series, at, columns } = buckets.finish();
  const byKey = new Map<number, Column>();
  for (const [i, { field, stat }] of wanted.entries()) {
    const column = columns[i] ?? null;
    if (column !== null) byKey.set(columnKey(field, stat), column);
  }
  return { series, at, columns: byKey };
};
