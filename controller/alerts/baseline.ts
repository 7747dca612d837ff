// What is usual at an hour of the week: median and median absolute deviation of the same hour, and its neighbours, in earlier weeks. Weeks and hours are
// UTC's. A holiday is one of four, and the median does not follow it.
import { quantileOf } from './samples.ts';

export const HOUR_MS = 3_600_000;
const WEEK_HOURS = 168;

/** One series' means by the hour, by the number of hours since the epoch. */
export type Hours = ReadonlyMap<number, number>;

export interface HourStats {
  readonly median: number;
  /** The MAD as a standard deviation, and never less than 5 % of the median: a line that never moves has no spread at all. */
  readonly spread: number;
}
export type Learned =
  | { readonly status: 'learned'; readonly stats: HourStats }
  | { readonly status: 'learning'; readonly weeksSeen: number };

/** Makes a MAD comparable with a standard deviation. */
const MAD_SCALE = 1.4826;
const SPREAD_SHARE_MIN = 0.05;
const NEIGHBOURS = [-1, 0, 1];

/** What is usual at `at`, from the weeks before it alone; learning until `learnWeeks` of them were measured at this hour. */
export const usualAt = (
  hours: Hours,
  at: number,
  { weeks, learnWeeks }: { readonly weeks: number; readonly learnWeeks: number },
): Learned => {
  const hour = Math.floor(at / HOUR_MS);
  const values: number[] = [];
  let weeksSeen = 0;
  for (let week = 1; week <= weeks; week += 1) {
    const found = NEIGHBOURS.flatMap((step) => hours.get(hour - week * WEEK_HOURS + step) ?? []);
    if (found.length > 0) weeksSeen += 1;
    values.push(...found);
  }
  if (weeksSeen < learnWeeks) return { status: 'learning', weeksSeen };
  const median = quantileOf(values, 0.5);
  const mad = quantileOf(
    values.map((value) => Math.abs(value - median)),
    0.5,
  );
  return { status: 'learned', stats: { median, spread: Math.max(MAD_SCALE * mad, Math.abs(median) * SPREAD_SHARE_MIN, Number.EPSILON) } };
};
