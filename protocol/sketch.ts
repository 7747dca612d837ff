import type { Parsed } from './labels.ts';

/**
 * A mergeable sketch of RTTs: how many values fell into each of fixed logarithmic buckets (the idea of DDSketch, Masson et al., VLDB 2019).
 * The bucket borders are the same everywhere, so merging is adding counts: exact, in any order, on any machine, and a month's p95 is as
 * right as a round's. Every quantile between 1 µs and 60 s lies within RELATIVE_ERROR of the value that the nearest-rank method names.
 * Below 1 µs and above 60 s values are counted at the end. Why our own: the kept libraries decide the buckets at run time (t-digest,
 * whose merge depends on the order) or carry protobuf; this needs no dependency, runs in the browser, and is a string of some 40 characters for ten values.
 */
export const RELATIVE_ERROR = 0.005;
const FLOOR_MS = 0.001;
const CEILING_MS = 60_000;
const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const LOG_GAMMA = Math.log(GAMMA);
/** Bucket k holds (FLOOR · γ^(k-1), FLOOR · γ^k]; bucket 0 what is not above the floor. */
export const LAST_BUCKET = Math.ceil(Math.log(CEILING_MS / FLOOR_MS) / LOG_GAMMA);
/** First character of an encoded sketch: these very borders. Another resolution needs another letter. */
export const SKETCH_VERSION = 'a';

export interface Sketch {
  /** Bucket numbers, strictly upwards. */
  readonly buckets: readonly number[];
  /** counts[i] values lie in buckets[i]; each at least 1. */
  readonly counts: readonly number[];
}

export const emptySketch = (): Sketch => ({ buckets: [], counts: [] });

/** The sketch of these values, milliseconds. */
export const makeSketch = (valuesMs: Iterable<number>): Sketch => {
  const countOfBucket = new Map<number, number>();
  for (const valueMs of valuesMs) {
    const bucket = bucketOf(valueMs);
    countOfBucket.set(bucket, (countOfBucket.get(bucket) ?? 0) + 1);
  }
  return fromCounts(countOfBucket);
};

/** Associative and commutative; the empty sketch changes nothing. */
export const mergeSketches = (sketches: Iterable<Sketch>): Sketch => {
  const countOfBucket = new Map<number, number>();
  for (const { buckets, counts } of sketches)
    for (const [i, bucket] of buckets.entries()) countOfBucket.set(bucket, (countOfBucket.get(bucket) ?? 0) + (counts[i] ?? 0));
  return fromCounts(countOfBucket);
};

export const countOf = (sketch: Sketch): number => sketch.counts.reduce((sum, count) => sum + count, 0);

/** The q-quantile in ms by the nearest-rank method (RFC 2330, section 11.3), q in [0, 1]; null for an empty sketch. */
export const quantileOf = (sketch: Sketch, q: number): number | null => {
  const rank = Math.max(1, Math.ceil(q * countOf(sketch)));
  let seen = 0;
  for (const [i, count] of sketch.counts.entries()) {
    seen += count;
    if (seen >= rank) return valueOf(sketch.buckets[i] ?? 0);
  }
  return null;
};

/** `a` and the base64 of (bucket - last bucket, count) pairs as varints. '' for an empty sketch. The same sketch gives the same text. */
export const encodeSketch = (sketch: Sketch): string => {
  if (sketch.buckets.length === 0) return '';
  let bytes = '';
  let last = 0;
  for (const [i, bucket] of sketch.buckets.entries()) {
    bytes += varint(bucket - last) + varint(sketch.counts[i] ?? 0);
    last = bucket;
  }
  return SKETCH_VERSION + btoa(bytes);
};

/** Refuses what encodeSketch does not write: other versions, torn texts, buckets beyond the last, counts of nothing. */
export const decodeSketch = (text: string): Parsed<Sketch> => {
  if (text === '') return { ok: true, value: emptySketch() };
  if (!text.startsWith(SKETCH_VERSION)) return { ok: false, reason: `sketch of unknown version "${text.slice(0, 1)}"` };
  const numbers = readVarints(text.slice(SKETCH_VERSION.length));
  if (numbers === null || numbers.length === 0 || numbers.length % 2 !== 0)
    return { ok: false, reason: 'sketch: not pairs of varints in base64' };
  const buckets: number[] = [];
  const counts: number[] = [];
  let last = -1;
  for (let i = 0; i < numbers.length; i += 2) {
    const [bucket, count] = [Math.max(0, last) + (numbers[i] ?? 0), numbers[i + 1] ?? 0];
    if (bucket <= last || bucket > LAST_BUCKET) return { ok: false, reason: `sketch: buckets go upwards, to ${LAST_BUCKET} at most` };
    if (count === 0) return { ok: false, reason: 'sketch: a bucket without a value' };
    buckets.push(bucket);
    counts.push(count);
    last = bucket;
  }
  return { ok: true, value: { buckets, counts } };
};

const bucketOf = (valueMs: number): number =>
  valueMs <= FLOOR_MS ? 0 : Math.min(LAST_BUCKET, Math.ceil(Math.log(valueMs / FLOOR_MS) / LOG_GAMMA));

/** The value that is at most RELATIVE_ERROR away from both ends of the bucket. */
const valueOf = (bucket: number): number => (bucket === 0 ? FLOOR_MS : (FLOOR_MS * 2 * GAMMA ** bucket) / (GAMMA + 1));

const fromCounts = (countOfBucket: ReadonlyMap<number, number>): Sketch => {
  const buckets = [...countOfBucket.keys()].sort((a, b) => a - b);
  return { buckets, counts: buckets.map((bucket) => countOfBucket.get(bucket) ?? 0) };
};

/** Seven bits a byte, low ones first. Division, not shifts: a count over years is larger than 32 bits. */
const varint = (number: number): string => {
  let rest = number;
  let bytes = '';
  while (rest >= 128) {
    bytes += String.fromCharCode((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return bytes + String.fromCharCode(rest);
};

const readVarints = (base64: string): number[] | null => {
  const numbers: number[] = [];
  let value = 0;
  let factor = 1;
  for (const byte of bytesOf(base64)) {
    value += (byte % 128) * factor;
    factor *= 128;
    if (value > Number.MAX_SAFE_INTEGER || factor > 2 ** 56) return null;
    if (byte < 128) {
      numbers.push(value);
      value = 0;
      factor = 1;
    }
  }
  return factor === 1 ? numbers : null;
};

const bytesOf = (base64: string): Iterable<number> => {
  try {
    return Uint8Array.fromBase64(base64);
  } catch {
    return [128]; // not base64: an unfinished varint, which the reader refuses
  }
};
