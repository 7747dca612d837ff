import type { SmokeColumn } from '../../../protocol/api.ts';
import { quantile, valueAxis, type Axis } from './scale.ts';

// The geometry of the smoke chart: rounds in, what to draw out, in pixels of the plot. Pure; canvas.ts puts it on a canvas.

export type LossClass = 0 | 1 | 2 | 3 | 4 | 5;
export type Distance = 'far' | 'middle' | 'near';
export type Gap = { readonly from: number; readonly to: number };

export interface SmokeInput {
  readonly columns: readonly SmokeColumn[];
  readonly off: readonly Gap[];
  readonly from: number;
  readonly to: number;
  readonly intervalMs: number;
  /** 0: every column is one round. */
  readonly bucketMs: number;
  /** The present: what lies after it cannot be missing. */
  readonly now: number;
  /** Nothing was to be measured before this; null or missing: before the first column. */
  readonly measuredSince?: number | null;
  readonly width: number;
}

/** One column with something in it. `x1` is where the next may begin. */
export interface Cell {
  readonly column: SmokeColumn;
  readonly x0: number;
  readonly x1: number;
  readonly loss: LossClass;
  readonly worst: LossClass;
  readonly noReply: boolean;
  /** Some of its rounds are missing, fewer than half. */
  readonly partial: boolean;
}

export interface Absence {
  readonly kind: 'off' | 'no-data' | 'no-reply';
  readonly from: number;
  readonly to: number;
  readonly x0: number;
  readonly x1: number;
}

export interface SmokeLayout {
  readonly distance: Distance;
  readonly columnPx: number;
  readonly cells: readonly Cell[];
  /** Cells that follow each other without a gap: a median is joined only inside one. */
  readonly runs: readonly (readonly Cell[])[];
  readonly absences: readonly Absence[];
  /** The round that is being measured now, when it lies in view. */
  readonly pending: { readonly x0: number; readonly x1: number } | null;
}

/** The class of a loss ratio: 0, to 1 %, to 5 %, to 20 %, under 100 %, 100 %. */
export const lossClass = (ratio: number): LossClass => {
  if (ratio <= 0) return 0;
  if (ratio <= 0.01) return 1;
  if (ratio <= 0.05) return 2;
  if (ratio <= 0.2) return 3;
  return ratio < 1 ? 4 : 5;
};

/** The width of the median in pixels, by class: loss is never colour alone. */
export const lossWidth: readonly number[] = [1.5, 1.75, 2, 2.25, 2.5, 3];

/** Far: a round is narrower than a pixel. Near: wide enough to stand alone. */
export const distanceOf = (intervalMs: number, spanMs: number, width: number): Distance => {
  const roundPx = (intervalMs / spanMs) * width;
  if (roundPx < 1) return 'far';
  return roundPx > 6 ? 'near' : 'middle';
};

/** Lays the columns out over `width` pixels. Columns come in order of time. */
export const layout = (input: SmokeInput): SmokeLayout => {
  const { from, to, width, intervalMs } = input;
  const stepMs = input.bucketMs || intervalMs;
  const xOf = (at: number): number => Math.min(width, Math.max(0, ((at - from) / (to - from)) * width));
  const shown = input.columns.filter((column) => column.at < to && column.at + stepMs > from && isPresent(column, input));
  const cells = shown.map((column, index) => toCell(column, endOf(column, shown[index + 1], stepMs), xOf, input));
  return {
    distance: distanceOf(intervalMs, to - from, width),
    columnPx: (stepMs / (to - from)) * width,
    cells,
    runs: toRuns(cells),
    absences: [...absences(input, shown, stepMs, xOf), ...noReplies(cells)].toSorted((a, b) => a.x0 - b.x0),
    pending: pendingOf(input, shown.at(-1), xOf),
  };
};

/** How many rounds a column should hold; 1 when columns are rounds. */
const expected = (input: Pick<SmokeInput, 'bucketMs' | 'intervalMs'>): number => Math.max(1, Math.floor(input.bucketMs / input.intervalMs));

/** Whether something was measured in it, and in at least half of it. A round that could not be measured is no round. */
const isPresent = (column: SmokeColumn, input: SmokeInput): boolean => {
  if (column.sent - column.unknown <= 0) return false;
  const inProgress = column.at + (input.bucketMs || input.intervalMs) > input.now;
  return inProgress || column.rounds * 2 >= expected(input);
};

/** A column lasts until the next one when that follows as planned, otherwise its own length. */
const endOf = (column: SmokeColumn, next: SmokeColumn | undefined, stepMs: number): number =>
  next && next.at - column.at <= stepMs * 1.5 ? next.at : column.at + stepMs;

const toCell = (column: SmokeColumn, end: number, xOf: (at: number) => number, input: SmokeInput): Cell => ({
  column,
  x0: xOf(column.at),
  x1: xOf(end),
  loss: lossClass(column.lossRatio ?? 0),
  worst: lossClass(column.worstLossRatio ?? column.lossRatio ?? 0),
  noReply: column.lossRatio === 1,
  partial: column.rounds < expected(input) && column.at + (input.bucketMs || input.intervalMs) <= input.now,
});

const toRuns = (cells: readonly Cell[]): (readonly Cell[])[] => {
  const runs: Cell[][] = [];
  for (const cell of cells) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (run && last && cell.x0 - last.x1 < 0.01 && cell.noReply === last.noReply) run.push(cell);
    else runs.push([cell]);
  }
  return runs;
};

const noReplies = (cells: readonly Cell[]): Absence[] =>
  toRuns(cells).flatMap((run) => {
    const [first, last] = [run[0], run.at(-1)];
    if (!first?.noReply || !last) return [];
    return [{ kind: 'no-reply' as const, from: first.column.at, to: last.column.endAt, x0: first.x0, x1: last.x1 }];
  });

/** Where nothing is: off where the agent was not connected and nothing came later, no data otherwise. */
const absences = (input: SmokeInput, shown: readonly SmokeColumn[], stepMs: number, xOf: (at: number) => number): Absence[] => {
  const since = input.measuredSince ?? shown[0]?.at;
  if (since === undefined) return [];
  const last = shown.at(-1);
  const lastEnd = last ? last.at + stepMs : Math.max(since, input.from);
  const quietMs = Math.max(2 * input.intervalMs, stepMs) + 5000; // a round takes its interval, and a moment to arrive
  const limit = Math.min(input.to, input.now - lastEnd > quietMs ? input.now - input.intervalMs : lastEnd);
  const missing: Gap[] = [];
  let covered = Math.max(input.from, since);
  const [first] = shown;
  if (first && first.at - covered < stepMs * 1.5) covered = first.at; // the edge cuts a round, it does not lose one
  for (const [index, column] of shown.entries()) {
    if (column.at - covered > stepMs * 0.5) missing.push({ from: covered, to: column.at });
    covered = Math.max(covered, endOf(column, shown[index + 1], stepMs));
  }
  if (limit - covered > stepMs * 0.5) missing.push({ from: covered, to: limit });
  return missing.flatMap((gap) => split(gap, input.off)).map((part) => ({ ...part, x0: xOf(part.from), x1: xOf(part.to) }));
};

/** A gap cut at the times when the agent was off. */
const split = (gap: Gap, off: readonly Gap[]): { kind: 'off' | 'no-data'; from: number; to: number }[] => {
  const parts: { kind: 'off' | 'no-data'; from: number; to: number }[] = [];
  let at = gap.from;
  for (const span of off) {
    const [from, to] = [Math.max(at, span.from), Math.min(gap.to, span.to)];
    if (to <= from) continue;
    if (from > at) parts.push({ kind: 'no-data', from: at, to: from });
    parts.push({ kind: 'off', from, to });
    at = to;
  }
  if (at < gap.to) parts.push({ kind: 'no-data', from: at, to: gap.to });
  return parts;
};

const pendingOf = (input: SmokeInput, last: SmokeColumn | undefined, xOf: (at: number) => number): SmokeLayout['pending'] => {
  if (!last || input.bucketMs > 0) return null;
  const [from, to] = [last.at + input.intervalMs, last.at + 2 * input.intervalMs];
  if (input.now < from || input.now > to + 5000 || xOf(from) >= input.width) return null;
  return { x0: xOf(from), x1: Math.max(xOf(to), xOf(from) + 2) };
};

/** The axis of the delays in view: from zero to what 99.5 % of the shown p95 do not pass, rounded up. */
export const axisOf = (columns: readonly SmokeColumn[], line: number | null = null): Axis => {
  const tops = columns.flatMap((column) => (column.rtt ? [column.rtt.p95Ms] : []));
  const top = Math.max(quantile(tops, 0.995), 0.01);
  return valueAxis(line !== null && line <= 4 * top ? Math.max(top, 1.05 * line) : top); // a line far above would press the smoke flat
};

/** The column nearest to a time, or what is absent there. */
export const nearest = (columns: readonly SmokeColumn[], at: number): number | null => {
  let best: number | null = null;
  for (const [index, column] of columns.entries()) {
    const distance = Math.abs((column.at + column.endAt) / 2 - at);
    const other = best === null ? undefined : columns[best];
    if (!other || distance < Math.abs((other.at + other.endAt) / 2 - at)) best = index;
  }
  return best;
};

/** Columns with newer ones put in: the same time is replaced, the rest is sorted in, what is before `from` is dropped. */
export const withColumns = (old: readonly SmokeColumn[], fresh: readonly SmokeColumn[], from: number): SmokeColumn[] => {
  const byTime = new Map(old.map((column) => [column.at, column]));
  for (const column of fresh) byTime.set(column.at, column);
  return [...byTime.values()].filter((column) => column.endAt >= from).toSorted((a, b) => a.at - b.at);
};
