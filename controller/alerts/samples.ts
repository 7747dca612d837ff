// The latest values of one field of one series, for rules that look at more than one round. The only mutable numbers of the alerts: a ring would be
// copied ten thousand times a second.
import type { WindowAggregate } from '../../protocol/rule.ts';

/** In order of time: when each round ended, its value, how far that may be off, and how many packets are behind it (1 for what has none). */
export interface Samples {
  readonly ends: number[];
  readonly values: number[];
  readonly bounds: number[];
  readonly packets: number[];
  /** Whether a rule that pages needs it: then it outlives a restart. */
  durable: boolean;
}

export const noSamples = (): Samples => ({ ends: [], values: [], bounds: [], packets: [], durable: false });

/** Adds one and forgets what neither the last `keepMs` nor the last `keepCount` hold. */
export const addSample = (
  samples: Samples,
  sample: { readonly end: number; readonly value: number; readonly bound: number; readonly packets: number },
  keep: { readonly ms: number; readonly count: number },
): void => {
  const { ends, values, bounds, packets } = samples;
  if (sample.end <= (ends.at(-1) ?? 0)) return; // delivered again
  ends.push(sample.end);
  values.push(sample.value);
  bounds.push(sample.bound);
  packets.push(sample.packets);
  const from = sample.end - keep.ms;
  let drop = 0;
  while (drop < ends.length - keep.count && (ends[drop] ?? 0) <= from) drop += 1;
  if (drop > 0) for (const column of [ends, values, bounds, packets]) column.splice(0, drop);
};

/** The values of (from, newest] as one. Loss is weighted by packets, and bounded by what so few packets can say. */
export const aggregate = (
  samples: Samples,
  how: WindowAggregate,
  from: number,
  isLoss: boolean,
): { readonly value: number; readonly bound: number } => {
  let first = samples.ends.length;
  while (first > 0 && (samples.ends[first - 1] ?? 0) > from) first -= 1;
  const values = samples.values.slice(first);
  const bounds = samples.bounds.slice(first);
  if (isLoss && how === 'mean') return lossOf(values, samples.packets.slice(first));
  const bound = how === 'mean' ? meanOf(bounds) : how === 'sum' ? sumOf(bounds) : Math.max(0, ...bounds);
  return { value: valueOf(how, values), bound };
};

const valueOf = (how: WindowAggregate, values: readonly number[]): number => {
  switch (how) {
    case 'mean':
      return meanOf(values);
    case 'median':
      return quantileOf(values, 0.5);
    case 'p95':
      return quantileOf(values, 0.95);
    case 'min':
      return Math.min(...values);
    case 'max':
      return Math.max(...values);
    case 'sum':
      return sumOf(values);
    default:
      return how satisfies never;
  }
};

/** One-sided 95 %. */
const Z = 1.645;
/** What the loss ratio is at least, were these packets drawn from it (Wilson): two strays of fifty are not four percent yet. */
const lossOf = (ratios: readonly number[], packets: readonly number[]): { readonly value: number; readonly bound: number } => {
  const sent = sumOf(packets);
  if (sent === 0) return { value: 0, bound: 0 };
  const value = ratios.reduce((sum, ratio, index) => sum + ratio * (packets[index] ?? 0), 0) / sent;
  const centre = (value + (Z * Z) / (2 * sent)) / (1 + (Z * Z) / sent);
  const half = (Z / (1 + (Z * Z) / sent)) * Math.sqrt((value * (1 - value)) / sent + (Z * Z) / (4 * sent * sent));
  return { value, bound: Math.max(0, value - (centre - half)) };
};

/** How many of the newest `of` are bad. */
export const countWhere = (samples: Samples, of: number, isBad: (value: number, bound: number) => boolean): number => {
  let count = 0;
  for (let index = Math.max(0, samples.values.length - of); index < samples.values.length; index += 1)
    if (isBad(samples.values[index] ?? 0, samples.bounds[index] ?? 0)) count += 1;
  return count;
};

/** So many rounds at least make a time to compare with. */
const REFERENCE_MIN = 3;

/** The median of the `overMs` before what is judged now; null while too little of it is known. */
export const referenceBefore = (
  { ends, values, bounds }: Samples,
  end: number,
  overMs: number,
  windowMs: number,
): { readonly value: number; readonly bound: number } | null => {
  const to = windowMs > 0 ? end - windowMs : (ends.at(-2) ?? 0);
  const from = end - windowMs - overMs;
  const chosen = ends.flatMap((at, index) => (at > from && at <= to ? [index] : []));
  const oldest = ends[chosen[0] ?? 0] ?? end;
  if (chosen.length < REFERENCE_MIN || oldest - from > overMs / 2) return null;
  return {
    value: quantileOf(
      chosen.map((index) => values[index] ?? 0),
      0.5,
    ),
    bound: Math.max(0, ...chosen.map((index) => bounds[index] ?? 0)),
  };
};

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const meanOf = (values: readonly number[]): number => (values.length === 0 ? 0 : sumOf(values) / values.length);

/** Nearest rank; NaN of nothing. */
export const quantileOf = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(q * values.length) - 1)] ?? Number.NaN;
