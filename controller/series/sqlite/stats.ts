// What a column of a chunk holds: a field, and which statistic of it. A raw point has the value alone; a window of a roll-up has them all.
import type { Aggregate } from '../store.ts';

/** VALUE: the value of a raw point, the last one of a window. SKETCH: the merged sketch. */
export const VALUE = 0;
export const COUNT = 1;
export const SUM = 2;
export const MIN = 3;
export const MAX = 4;
export const SKETCH = 5;
export type Stat = typeof VALUE | typeof COUNT | typeof SUM | typeof MIN | typeof MAX | typeof SKETCH;

export const columnKey = (field: number, stat: Stat = VALUE): number => field * 8 + stat;
export const fieldOfKey = (key: number): number => Math.floor(key / 8);
export const statOfKey = (key: number): Stat => (key % 8) as Stat; // Border: keys are made by columnKey alone.

/** Which statistics of a window an aggregate is made of. */
export const STATS_OF: Readonly<Record<Aggregate, readonly Stat[]>> = {
  last: [VALUE],
  count: [COUNT],
  sum: [SUM],
  min: [MIN],
  max: [MAX],
  mean: [SUM, COUNT],
  sketch: [SKETCH],
};
