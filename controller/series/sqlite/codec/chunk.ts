// A chunk: rows of one or many series as columns, each decodable by itself. Columns with the same bytes are written once.
import { ByteReader, ByteWriter } from './bytes.ts';
import { readNumbers, writeNumbers } from './numbers.ts';
import type { SketchColumn } from './sketches.ts';
import { readTexts, readTextsAsSketches, writeTexts } from './texts.ts';
import { readWhole, writeWhole } from './whole.ts';

/** The version of these bytes. */
const FORMAT = 1;
const NUMBERS = 0;
const TEXTS = 1;
const ALL = 0;
const SOME = 1;
/** As many columns that differ as one field has of which most are alike: value, count, sum, smallest and largest. */
const LOOKED_BACK = 5;

/** NaN, and null, are "none". */
export type Column = Float64Array | readonly (string | null)[];

/** A column without a value yet. */
export const noNumbers = (length: number): Float64Array => new Float64Array(length).fill(Number.NaN);
export const noTexts = (length: number): (string | null)[] => {
  const texts: (string | null)[] = [];
  for (let i = 0; i < length; i += 1) texts.push(null);
  return texts;
};

/** Rows in the order of (series, at), no two alike. */
export interface Rows {
  readonly series: Float64Array;
  /** ms since the epoch. */
  readonly at: Float64Array;
  readonly columns: ReadonlyMap<number, Column>;
}

/** `quick` spends less time and more bytes: for what is written again soon. */
export const encodeChunk = ({ series, at, columns }: Rows, quick = false): Uint8Array => {
  const head = new ByteWriter();
  head.byte(FORMAT);
  head.varint(at.length);
  writeWhole(head, series, quick);
  writeWhole(head, at, quick);
  const bodies = new ByteWriter();
  const known = new Map<string, readonly [offset: number, length: number]>();
  const present: (readonly [key: number, offset: number, length: number])[] = [];
  const written: { readonly column: Column; readonly place: readonly [offset: number, length: number] }[] = [];
  for (const [key, column] of columns) {
    // The smallest, the largest and the sum of one value are that value: known by looking, not by writing it once more.
    const twin = quick ? undefined : written.find((one) => isSame(column, one.column));
    if (twin !== undefined) {
      present.push([key, ...twin.place]);
      continue;
    }
    const from = bodies.length;
    if (!writeColumn(bodies, column, quick)) continue;
    const length = bodies.length - from;
    const text = quick ? null : bodies.latin1(from);
    const place = text === null ? undefined : known.get(text);
    written.unshift({ column, place: place ?? [from, length] });
    if (written.length > LOOKED_BACK) written.pop();
    if (place === undefined) {
      present.push([key, from, length]);
      if (text !== null) known.set(text, [from, length]);
    } else {
      present.push([key, ...place]);
      bodies.cut(from);
    }
  }
  head.varint(present.length);
  for (const part of [0, 1, 2] as const)
    writeWhole(
      head,
      Float64Array.from(present, (entry) => entry[part]),
      quick,
    );
  head.raw(bodies.written());
  return head.take();
};

/** Number by number, NaN like NaN and two zeros apart; texts only when they are one list. */
const isSame = (one: Column, other: Column): boolean => {
  if (one === other) return true;
  if (!(one instanceof Float64Array && other instanceof Float64Array)) return false;
  for (let i = 0; i < one.length; i += 1) {
    const [a, b] = [one[i] ?? 0, other[i] ?? 0];
    if (a === b ? a === 0 && !Object.is(a, b) : a === a || b === b) return false;
  }
  return true;
};

/** False, and nothing written, for a column without a value. */
const writeColumn = (writer: ByteWriter, column: Column, quick: boolean): boolean => {
  const isNumbers = column instanceof Float64Array;
  const count = isNumbers ? countNumbers(column) : countTexts(column);
  if (count === 0) return false;
  writer.byte(isNumbers ? NUMBERS : TEXTS);
  writer.byte(count === column.length ? ALL : SOME);
  if (count < column.length) writeWhole(writer, isNumbers ? flagsOfNumbers(column) : flagsOfTexts(column), quick);
  if (isNumbers) writeNumbers(writer, count === column.length ? column : column.filter((value) => !Number.isNaN(value)), quick);
  else
    writeTexts(
      writer,
      column.filter((text) => text !== null),
      quick,
    );
  return true;
};

const countNumbers = (column: Float64Array): number => {
  let count = 0;
  for (let i = 0; i < column.length; i += 1) if (column[i] === column[i]) count += 1; // only NaN is not itself
  return count;
};

const countTexts = (column: readonly (string | null)[]): number => {
  let count = 0;
  for (let i = 0; i < column.length; i += 1) if (column[i] !== null) count += 1;
  return count;
};

const flagsOfNumbers = (column: Float64Array): Float64Array => column.map((value) => (Number.isNaN(value) ? 0 : 1));
const flagsOfTexts = (column: readonly (string | null)[]): Float64Array => Float64Array.from(column, (text) => (text === null ? 0 : 1));

/** Opens what encodeChunk wrote; columns are decoded when they are asked for, and kept. Throws a RangeError for other bytes. */
export class Chunk {
  readonly length: number;
  readonly series: Float64Array;
  readonly at: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #places = new Map<number, readonly [offset: number, length: number]>();
  readonly #columns = new Map<number, Column>();
  readonly #sketches = new Map<number, SketchColumn | null>();

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    const reader = new ByteReader(bytes);
    const format = reader.byte();
    if (format !== FORMAT) throw new RangeError(`a chunk of format ${format}; this program knows ${FORMAT}`);
    this.length = reader.varint();
    this.series = readWhole(reader, this.length);
    this.at = readWhole(reader, this.length);
    const count = reader.varint();
    const [keys, offsets, lengths] = [readWhole(reader, count), readWhole(reader, count), readWhole(reader, count)];
    for (let i = 0; i < count; i += 1) this.#places.set(keys[i] ?? 0, [reader.at + (offsets[i] ?? 0), lengths[i] ?? 0]);
  }

  /** About what it takes in memory, bytes. */
  get cost(): number {
    return this.#bytes.length + 8 * this.length * (2 + this.#columns.size + 4 * this.#sketches.size);
  }

  get keys(): IterableIterator<number> {
    return this.#places.keys();
  }

  /** Bytes that a column takes by itself; columns that are alike share them. */
  sizeOf(key: number): number {
    return this.#places.get(key)?.[1] ?? 0;
  }

  /** null when no row has one. */
  column(key: number): Column | null {
    const known = this.#columns.get(key);
    if (known !== undefined) return known;
    const reader = this.#reader(key);
    if (reader === null) return null;
    const isNumbers = reader.byte() === NUMBERS;
    const flags = reader.byte() === ALL ? null : readWhole(reader, this.length);
    const count = flags === null ? this.length : flags.reduce((sum, flag) => sum + flag, 0);
    const column = isNumbers ? spread(readNumbers(reader, count), flags) : spreadTexts(readTexts(reader, count), flags);
    this.#columns.set(key, column);
    return column;
  }

  /** A column of texts as sketches, row by row (none has no buckets); null when it does not hold sketches only. */
  sketches(key: number): SketchColumn | null {
    const known = this.#sketches.get(key);
    if (known !== undefined) return known;
    const reader = this.#reader(key);
    if (reader === null || reader.byte() === NUMBERS) return null;
    const flags = reader.byte() === ALL ? null : readWhole(reader, this.length);
    const count = flags === null ? this.length : flags.reduce((sum, flag) => sum + flag, 0);
    const dense = readTextsAsSketches(reader, count);
    const column = dense === null || flags === null ? dense : spreadSketches(dense, flags);
    this.#sketches.set(key, column);
    return column;
  }

  #reader(key: number): ByteReader | null {
    const place = this.#places.get(key);
    return place === undefined ? null : new ByteReader(this.#bytes.subarray(place[0], place[0] + place[1]));
  }
}

const spread = (dense: Float64Array, flags: Float64Array | null): Float64Array => {
  if (flags === null) return dense;
  let next = 0;
  return flags.map((flag) => (flag === 1 ? (dense[next++] ?? Number.NaN) : Number.NaN));
};

const spreadTexts = (dense: readonly string[], flags: Float64Array | null): readonly (string | null)[] => {
  if (flags === null) return dense;
  let next = 0;
  return Array.from(flags, (flag) => (flag === 1 ? (dense[next++] ?? null) : null));
};

const spreadSketches = (dense: SketchColumn, flags: Float64Array): SketchColumn => {
  const starts = new Uint32Array(flags.length + 1);
  let next = 0;
  for (let i = 0; i < flags.length; i += 1) {
    if (flags[i] === 1) next += 1;
    starts[i + 1] = dense.starts[next] ?? 0;
  }
  return { ...dense, starts };
};
