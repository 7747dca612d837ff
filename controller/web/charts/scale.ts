// Axes: a round top for the values, round times for the ticks.

export interface Axis {
  readonly max: number;
  readonly step: number;
}

/** An axis from zero that holds `top` in three to five steps of 1, 2, 2.5 or 5. */
export const valueAxis = (top: number): Axis => {
  const wanted = Math.max(top, 1e-6) / 4;
  const scale = 10 ** Math.floor(Math.log10(wanted));
  const step = ([1, 2, 2.5, 5, 10].find((factor) => factor * scale >= wanted * 0.999) ?? 10) * scale;
  return { step, max: Math.max(1, Math.ceil(top / step - 1e-9)) * step };
};

/** The value that a share of them does not pass, by the nearest rank; 0 of nothing. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(sorted.length * share) - 1))] ?? 0;
};

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const steps = [
  second,
  2 * second,
  5 * second,
  10 * second,
  15 * second,
  30 * second,
  minute,
  2 * minute,
  5 * minute,
  10 * minute,
  15 * minute,
  30 * minute,
  hour,
  2 * hour,
  3 * hour,
  6 * hour,
  12 * hour,
  day,
  2 * day,
  7 * day,
  14 * day,
  30 * day,
];

export interface TimeTicks {
  readonly stepMs: number;
  readonly ticks: readonly number[];
}

/** Round times in [from, to], at most `most` of them; `zoneMs` is what local time is ahead of UTC, so that days begin at midnight. */
export const timeTicks = (from: number, to: number, most: number, zoneMs: number): TimeTicks => {
  const stepMs = steps.find((step) => (to - from) / step <= most) ?? 30 * day;
  const ticks: number[] = [];
  for (let at = Math.ceil((from + zoneMs) / stepMs) * stepMs - zoneMs; at <= to; at += stepMs) ticks.push(at);
  return { stepMs, ticks };
};
