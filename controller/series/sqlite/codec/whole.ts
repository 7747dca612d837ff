// Whole numbers in few bytes: blocks of 128, each from its own base with as many bits as pay; what needs more is patched (PFOR, Zukowski
// et al., ICDE 2006). Before that the column itself, its differences, or the differences of those, whichever is smallest.
import type { ByteReader, ByteWriter } from './bytes.ts';

const BLOCK = 128;
/** Every so manieth block is looked at before an order is chosen. */
const JUDGED = 8;
/** What fits a 32-bit shift with up to seven bits held. */
const PACKED_BITS = 24;
/** Differences of numbers up to here are exact. */
const DIFFERENCES_BELOW = 2 ** 48;

/** Whole numbers, |value| < 2^52; `quick`: the column itself, without looking whether its differences are smaller. */
export const writeWhole = (writer: ByteWriter, values: Float64Array, quick = false): void => {
  if (quick) {
    writer.byte(0);
    writeBlocks(writer, values, 0);
    return;
  }
  const first = isSmall(values) ? differences(values) : null;
  const second = first === null ? null : differences(first);
  const costs = [costOf(values, 0), first === null ? Infinity : costOf(first, 1), second === null ? Infinity : costOf(second, 2)];
  const order = costs.indexOf(Math.min(...costs));
  writer.byte(order);
  writeBlocks(writer, order === 0 ? values : order === 1 ? (first ?? values) : (second ?? values), order);
};

export const readWhole = (reader: ByteReader, count: number): Float64Array => {
  const order = reader.byte();
  const values = new Float64Array(count);
  for (let start = 0; start < count; start += BLOCK) readBlock(reader, values, start, Math.min(BLOCK, count - start), order);
  for (let pass = 0; pass < order; pass += 1) for (let i = 1; i < count; i += 1) values[i] = (values[i] ?? 0) + (values[i - 1] ?? 0);
  return values;
};

const isSmall = (values: Float64Array): boolean => {
  for (let i = 0; i < values.length; i += 1) if (Math.abs(values[i] ?? 0) >= DIFFERENCES_BELOW) return false;
  return true;
};

const differences = (values: Float64Array): Float64Array => {
  const made = new Float64Array(values.length);
  let last = 0;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? 0;
    made[i] = value - last;
    last = value;
  }
  return made;
};

const offsets = new Float64Array(BLOCK);
const low = new Uint32Array(BLOCK);
const histogram = new Uint32Array(56);
const widths = new Uint32Array(56);

/** How far each value of a block lies from the block's base, from 0 up; the base. A column lies above its smallest; differences lie to both sides. */
const layOut = (values: Float64Array, start: number, count: number, order: number): number => {
  if (order === 0) {
    let base = values[start] ?? 0;
    for (let i = start + 1; i < start + count; i += 1) base = Math.min(base, values[i] ?? 0);
    for (let i = 0; i < count; i += 1) offsets[i] = (values[start + i] ?? 0) - base;
    return base;
  }
  const base = middle(values[start + (count >> 2)] ?? 0, values[start + (count >> 1)] ?? 0, values[start + count - 1] ?? 0);
  for (let i = 0; i < count; i += 1) {
    const away = (values[start + i] ?? 0) - base;
    offsets[i] = away < 0 ? -2 * away - 1 : 2 * away;
  }
  return base;
};

const middle = (a: number, b: number, c: number): number => Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));

/** The number of bits with the least bytes, and those bytes. Looks at `offsets`. */
const bestWidth = (count: number): { readonly bits: number; readonly bytes: number } => {
  histogram.fill(0);
  let widest = 0;
  for (let i = 0; i < count; i += 1) {
    const bits = bitsOf(offsets[i] ?? 0);
    histogram[bits] = (histogram[bits] ?? 0) + 1;
    if (bits > widest) widest = bits;
  }
  if (widest === 0) return { bits: 0, bytes: 0 };
  let found = 0;
  for (let bits = widest; bits > 0; bits -= 1) if (histogram[bits] !== 0) widths[found++] = bits; // a few of all that there could be
  let bestBits = 0;
  let bestBytes = Infinity;
  for (let bits = Math.min(widest, PACKED_BITS); bits >= 0; bits -= 1) {
    let bytes = (count * bits) / 8;
    for (let i = 0; i < found; i += 1) {
      const more = widths[i] ?? 0;
      if (more <= bits) break;
      bytes += (histogram[more] ?? 0) * (1 + Math.ceil((more - bits) / 7));
    }
    if (bytes < bestBytes) {
      bestBits = bits;
      bestBytes = bytes;
    } else if (bytes > 2 * bestBytes) break;
  }
  return { bits: bestBits, bytes: bestBytes };
};

const bitsOf = (value: number): number => (value < 2 ** 32 ? 32 - Math.clz32(value) : 64 - Math.clz32(Math.floor(value / 2 ** 32)));

/** By some of the blocks: the first, and each eighth. */
const costOf = (values: Float64Array, order: number): number => {
  let bytes = 0;
  for (let start = 0; start < values.length; start += BLOCK * JUDGED) {
    const count = Math.min(BLOCK, values.length - start);
    const base = layOut(values, start, count, order);
    bytes += bestWidth(count).bytes + 3 + bitsOf(Math.abs(base)) / 7;
  }
  return bytes;
};

const writeBlocks = (writer: ByteWriter, values: Float64Array, order: number): void => {
  for (let start = 0; start < values.length; start += BLOCK) {
    const count = Math.min(BLOCK, values.length - start);
    writer.signed(layOut(values, start, count, order));
    const { bits } = bestWidth(count);
    const factor = 2 ** bits;
    writer.byte(bits);
    let patches = 0;
    for (let i = 0; i < count; i += 1) {
      const offset = offsets[i] ?? 0;
      low[i] = offset % factor;
      if (offset >= factor) patches += 1;
    }
    writer.varint(patches);
    writer.packed(low, count, bits);
    let last = 0;
    for (let i = 0; patches > 0 && i < count; i += 1) {
      const offset = offsets[i] ?? 0;
      if (offset < factor) continue;
      writer.varint(i - last);
      writer.varint(Math.floor(offset / factor));
      last = i;
      patches -= 1;
    }
  }
};

const readBlock = (reader: ByteReader, values: Float64Array, start: number, count: number, order: number): void => {
  const base = reader.signed();
  const bits = reader.byte();
  let patches = reader.varint();
  reader.packed(values, start, count, bits, order === 0 ? base : 0);
  const factor = 2 ** bits;
  let at = start;
  for (; patches > 0; patches -= 1) {
    at += reader.varint();
    values[at] = (values[at] ?? 0) + reader.varint() * factor;
  }
  if (order === 0) return;
  for (let i = start; i < start + count; i += 1) {
    const offset = values[i] ?? 0;
    values[i] = base + (offset % 2 === 0 ? offset / 2 : -(offset + 1) / 2);
  }
};
