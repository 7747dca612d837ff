// RTT sketches as columns of numbers: how many buckets each has, its first bucket, the gaps between the others, and the counts. Parsed
// and written without a Sketch in between, because a month of rounds is a hundred thousand of them.
import { LAST_BUCKET, SKETCH_VERSION } from '../../../../protocol/sketch.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { readWhole, writeWhole } from './whole.ts';

export interface SketchColumn {
  /** starts[i] to starts[i + 1]: the buckets of sketch i. */
  readonly starts: Uint32Array;
  readonly buckets: Uint16Array;
  readonly counts: Float64Array;
}

/** Only when every text comes back letter by letter; otherwise null. No text may be empty. */
export const parseSketches = (texts: readonly string[]): SketchColumn | null => {
  const starts = new Uint32Array(texts.length + 1);
  const buckets: number[] = [];
  const counts: number[] = [];
  for (const [i, text] of texts.entries()) {
    if (!text.startsWith(SKETCH_VERSION)) return null;
    const base64 = text.slice(SKETCH_VERSION.length);
    const bytes = Buffer.from(base64, 'base64');
    if (bytes.length === 0 || bytes.toString('base64') !== base64 || !parseOne(bytes, buckets, counts)) return null;
    starts[i + 1] = buckets.length;
  }
  return { starts, buckets: Uint16Array.from(buckets), counts: Float64Array.from(counts) };
};

/** False for what encodeSketch would have written differently. */
const parseOne = (bytes: Uint8Array, buckets: number[], counts: number[]): boolean => {
  let value = 0;
  let factor = 1;
  let isCount = false;
  let last = -1;
  for (const byte of bytes) {
    if (byte === 0 && factor > 1) return false;
    value += (byte % 128) * factor;
    factor *= 128;
    if (byte >= 128) {
      if (factor > 2 ** 49) return false;
      continue;
    }
    if (isCount) {
      if (value === 0) return false;
      counts.push(value);
    } else {
      const bucket = Math.max(0, last) + value;
      if (bucket <= last || bucket > LAST_BUCKET) return false;
      buckets.push(bucket);
      last = bucket;
    }
    isCount = !isCount;
    value = 0;
    factor = 1;
  }
  return factor === 1 && !isCount;
};

/** Sketch i as protocol/sketch.ts writes it. */
export const sketchText = ({ starts, buckets, counts }: SketchColumn, i: number): string => {
  const from = starts[i] ?? 0;
  const to = starts[i + 1] ?? from;
  if (from === to) return '';
  const bytes: number[] = [];
  let last = 0;
  for (let k = from; k < to; k += 1) {
    const bucket = buckets[k] ?? 0;
    varint(bytes, bucket - last);
    varint(bytes, counts[k] ?? 0);
    last = bucket;
  }
  return SKETCH_VERSION + Buffer.from(bytes).toString('base64');
};

const varint = (bytes: number[], value: number): void => {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
};

export const writeSketches = (writer: ByteWriter, { starts, buckets, counts }: SketchColumn): void => {
  const length = starts.length - 1;
  const sizes = new Float64Array(length);
  const firsts = new Float64Array(length);
  const gaps = new Float64Array(buckets.length - length);
  let gap = 0;
  for (let i = 0; i < length; i += 1) {
    const from = starts[i] ?? 0;
    const to = starts[i + 1] ?? from;
    sizes[i] = to - from;
    firsts[i] = buckets[from] ?? 0;
    for (let k = from + 1; k < to; k += 1) gaps[gap++] = (buckets[k] ?? 0) - (buckets[k - 1] ?? 0);
  }
  writeWhole(writer, sizes);
  writeWhole(writer, firsts);
  writeWhole(writer, gaps);
  writeWhole(writer, counts);
};

export const readSketches = (reader: ByteReader, length: number): SketchColumn => {
  const sizes = readWhole(reader, length);
  const firsts = readWhole(reader, length);
  let total = 0;
  for (const size of sizes) total += size;
  const gaps = readWhole(reader, total - length);
  const counts = readWhole(reader, total);
  const starts = new Uint32Array(length + 1);
  const buckets = new Uint16Array(total);
  let at = 0;
  let gap = 0;
  for (let i = 0; i < length; i += 1) {
    let bucket = firsts[i] ?? 0;
    const end = at + (sizes[i] ?? 0);
    buckets[at++] = bucket;
    while (at < end) {
      bucket += gaps[gap++] ?? 0;
      buckets[at++] = bucket;
    }
    starts[i + 1] = at;
  }
  return { starts, buckets, counts };
};

/** Adds sketches, one after the other, into one; then gives it as text and begins anew. */
export class SketchSum {
  readonly #counts = new Float64Array(LAST_BUCKET + 1);
  #lowest = LAST_BUCKET + 1;
  #highest = -1;

  add({ starts, buckets, counts }: SketchColumn, i: number): void {
    for (let k = starts[i] ?? 0; k < (starts[i + 1] ?? 0); k += 1) {
      const bucket = buckets[k] ?? 0;
      this.#counts[bucket] = (this.#counts[bucket] ?? 0) + (counts[k] ?? 0);
      if (bucket < this.#lowest) this.#lowest = bucket;
      if (bucket > this.#highest) this.#highest = bucket;
    }
  }

  take(): string {
    const buckets: number[] = [];
    const counts: number[] = [];
    for (let bucket = this.#lowest; bucket <= this.#highest; bucket += 1) {
      const count = this.#counts[bucket] ?? 0;
      if (count === 0) continue;
      buckets.push(bucket);
      counts.push(count);
      this.#counts[bucket] = 0;
    }
    this.#lowest = LAST_BUCKET + 1;
    this.#highest = -1;
    return sketchText(
      { starts: Uint32Array.of(0, buckets.length), buckets: Uint16Array.from(buckets), counts: Float64Array.from(counts) },
      0,
    );
  }
}
