// A column of numbers without gaps: one value, decimals as whole numbers, few different ones by number, or eight bytes each.
import type { ByteReader, ByteWriter } from './bytes.ts';
import { readWhole, writeWhole } from './whole.ts';

const CONSTANT = 0;
/** DECIMAL + d: whole numbers of 10^-d. */
const DECIMAL = 1;
const DECIMALS = 6;
const FEW = 8;
const RAW = 9;
const FEW_AT_MOST = 256;
const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6] as const;
const EXACT_BELOW = 2 ** 52;

/** `quick`: eight bytes each, unless they are all alike. Bytes lie as this machine has them: x64 and arm64 both begin with the low one. */
export const writeNumbers = (writer: ByteWriter, values: Float64Array, quick = false): void => {
  if (isConstant(values)) {
    writer.byte(CONSTANT);
    writer.float(values[0] ?? 0);
    return;
  }
  if (quick) {
    writer.byte(RAW);
    writer.floats(values);
    return;
  }
  const decimals = decimalsOf(values);
  if (decimals !== null) {
    const power = POWERS[decimals] ?? 1;
    writer.byte(DECIMAL + decimals);
    writeWhole(writer, decimals === 0 ? values : wholeOf(values, power));
    return;
  }
  const few = fewOf(values);
  if (few === null) {
    writer.byte(RAW);
    writer.floats(values);
    return;
  }
  writer.byte(FEW);
  writer.varint(few.size);
  for (const value of few.keys()) writer.float(value);
  writeWhole(
    writer,
    values.map((value) => few.get(value) ?? 0),
  );
};

/** Throws a RangeError for what writeNumbers did not write. */
export const readNumbers = (reader: ByteReader, count: number): Float64Array => {
  const kind = reader.byte();
  if (kind === CONSTANT) return new Float64Array(count).fill(reader.float());
  if (kind >= DECIMAL && kind <= DECIMAL + DECIMALS) {
    const values = readWhole(reader, count);
    const power = POWERS[kind - DECIMAL] ?? 1;
    if (power > 1) for (let i = 0; i < count; i += 1) values[i] = (values[i] ?? 0) / power;
    return values;
  }
  if (kind === FEW) {
    const few = Array.from({ length: reader.varint() }, () => reader.float());
    return readWhole(reader, count).map((index) => few[index] ?? 0);
  }
  if (kind !== RAW) throw new RangeError(`a column of kind ${kind}`);
  return reader.floats(count);
};

const isConstant = (values: Float64Array): boolean => {
  const first = values[0] ?? 0;
  for (let i = 1; i < values.length; i += 1) if (values[i] !== first) return false;
  return first !== 0 || values.every((value) => Object.is(value, first)); // two zeros are equal and not the same
};

const wholeOf = (values: Float64Array, power: number): Float64Array => {
  const whole = new Float64Array(values.length);
  for (let i = 0; i < values.length; i += 1) whole[i] = Math.round((values[i] ?? 0) * power);
  return whole;
};

/** How many decimals give every value back exactly; null when there is no such number up to six. */
const decimalsOf = (values: Float64Array): number | null => {
  let decimals = 0;
  let power = 1;
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] ?? 0;
    while (!isExact(value, power)) {
      decimals += 1;
      if (decimals > DECIMALS) return null;
      power = POWERS[decimals] ?? 1;
    }
  }
  return decimals;
};

/** -0 is not: a whole number has no such sign. */
const isExact = (value: number, power: number): boolean => {
  const whole = Math.round(value * power);
  return Math.abs(whole) < EXACT_BELOW && whole / power === value && (value !== 0 || !Object.is(value, -0));
};

const fewOf = (values: Float64Array): Map<number, number> | null => {
  const few = new Map<number, number>();
  for (const value of values) {
    if (Object.is(value, -0)) return null; // a Map's keys know one zero
    if (!few.has(value)) few.set(value, few.size);
    if (few.size > FEW_AT_MOST) return null;
  }
  return few;
};
