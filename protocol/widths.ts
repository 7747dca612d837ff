// Widths of intervals: which one suits a range, and how InfluxQL writes it. The API and the pages choose alike. Pure.

/** Rows of each series when the interval of a question is left to us. */
export const ROWS_WANTED = 600;

const NICE_MS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800].map(
  (seconds) => seconds * 1_000,
);

/** The bucket that gives at most `rows` rows over this range, of those that people and roll-ups like. */
export const widthFor = (rangeMs: number, rows: number): number =>
  NICE_MS.find((widthMs) => rangeMs / widthMs <= rows) ?? Math.ceil(rangeMs / rows / 604_800_000) * 604_800_000;

const UNITS = [
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** `2h`, `90s`, as InfluxQL and the API read it. */
export const widthText = (ms: number): string => {
  const [unit, size] = UNITS.find(([, one]) => ms % one === 0) ?? ['ms', 1];
  return `${ms / size}${unit}`;
};
