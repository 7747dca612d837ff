import * as fc from 'fast-check';
import t from 'tap';
import { ByteReader, ByteWriter } from '../../../../../controller/series/sqlite/codec/bytes.ts';
import { Chunk, type Column, encodeChunk } from '../../../../../controller/series/sqlite/codec/chunk.ts';
import { readNumbers, writeNumbers } from '../../../../../controller/series/sqlite/codec/numbers.ts';
import { parseSketches, SketchSum, sketchText } from '../../../../../controller/series/sqlite/codec/sketches.ts';
import { readTexts, writeTexts } from '../../../../../controller/series/sqlite/codec/texts.ts';
import { readWhole, writeWhole } from '../../../../../controller/series/sqlite/codec/whole.ts';
import { makeChance } from '../../../../bench/heavy-rounds.ts';
import { decodeSketch, encodeSketch, makeSketch, mergeSketches } from '../../../../../protocol/sketch.ts';

const through = <T>(
  write: (writer: ByteWriter) => void,
  read: (reader: ByteReader) => T,
): { readonly value: T; readonly bytes: number } => {
  const writer = new ByteWriter();
  write(writer);
  return { value: read(new ByteReader(writer.take())), bytes: writer.length };
};
const whole = (values: readonly number[]) =>
  through(
    (writer) => writeWhole(writer, Float64Array.from(values)),
    (reader) => [...readWhole(reader, values.length)],
  );
const numbers = (values: readonly number[]) =>
  through(
    (writer) => writeNumbers(writer, Float64Array.from(values)),
    (reader) => [...readNumbers(reader, values.length)],
  );

t.test('whole numbers: whatever goes in comes out', async (t) => {
  const anyWhole = fc.oneof(
    fc.integer({ min: -100, max: 100 }),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((value) => value * 2 ** 21),
    fc.constantFrom(0, 2 ** 24, 2 ** 31, 2 ** 32, 2 ** 48, 2 ** 52 - 1, 1 - 2 ** 52),
  );
  fc.assert(
    fc.property(fc.array(anyWhole, { maxLength: 400 }), (values) => t.same(whole(values).value, values)),
    { numRuns: 200 },
  );
});

t.test('whole numbers: a counter, a clock and a constant cost next to nothing; an outlier costs itself', async (t) => {
  const clock = Array.from({ length: 1_000 }, (_, i) => 1_800_000_000_000 + i * 60_000);
  t.ok(whole(clock).bytes < 110, `${whole(clock).bytes} bytes`);
  const chance = makeChance(1);
  const noise = Array.from({ length: 1_024 }, () => Math.floor(256 * chance()));
  const spiked = noise.map((value, i) => (i % 100 === 50 ? value + 1e9 : value));
  t.ok(whole(spiked).bytes - whole(noise).bytes < 11 * 8, `${whole(noise).bytes} and ${whole(spiked).bytes} bytes`);
});

t.test('numbers: any double comes back to the bit', async () => {
  const any = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.constantFrom(-0, 0, 0.1, 1e-7, 1e15 + 0.5));
  fc.assert(
    fc.property(fc.array(any, { maxLength: 300 }), (values) => {
      const back = numbers(values).value;
      return back.length === values.length && back.every((value, i) => Object.is(value, values[i]));
    }),
    { numRuns: 300 },
  );
});

t.test('numbers: decimals and few different ones take less than a double', async (t) => {
  const chance = makeChance(1);
  const decimals = Array.from({ length: 1_000 }, () => Math.round(200_000 + 4_096 * chance()) / 10_000);
  t.ok(numbers(decimals).bytes < 1_700, `${numbers(decimals).bytes} bytes`);
  const few = Array.from({ length: 1_000 }, (_, i) => (100 * (i % 7)) / 7);
  t.ok(numbers(few).bytes < 600, `${numbers(few).bytes} bytes`);
});

t.test('texts: come back letter by letter, sketches too', async () => {
  const sketch = fc
    .array(fc.double({ min: 0, max: 70_000, noNaN: true }), { minLength: 1, maxLength: 30 })
    .map((ms) => encodeSketch(makeSketch(ms)));
  const text = fc.oneof(fc.string(), fc.constantFrom('a', 'aQQ==', 'aAAAA', 'aAgCA'));
  const check = (texts: readonly string[], quick: boolean): boolean => {
    const { value } = through(
      (writer) => writeTexts(writer, texts, quick),
      (reader) => readTexts(reader, texts.length),
    );
    return value.length === texts.length && value.every((one, i) => one === texts[i]);
  };
  const lists = fc.oneof(
    fc.array(sketch, { minLength: 1 }),
    fc.array(text, { minLength: 1 }),
    fc.array(fc.oneof(sketch, text), { minLength: 1 }),
  );
  fc.assert(fc.property(lists, fc.boolean(), check), { numRuns: 500 });
});

t.test('sketches: parsed as protocol/sketch.ts reads them, and summed as it merges them', async (t) => {
  const sketch = fc
    .array(fc.double({ min: 0, max: 70_000, noNaN: true }), { minLength: 1, maxLength: 30 })
    .map((ms) => encodeSketch(makeSketch(ms)));
  fc.assert(
    fc.property(fc.array(sketch, { minLength: 1, maxLength: 20 }), (texts) => {
      const column = parseSketches(texts);
      if (column === null) return false;
      const sum = new SketchSum();
      for (const i of texts.keys()) sum.add(column, i);
      const merged = encodeSketch(
        mergeSketches(texts.map((one) => decodeSketch(one)).flatMap((parsed) => (parsed.ok ? [parsed.value] : []))),
      );
      return texts.every((one, i) => sketchText(column, i) === one) && sum.take() === merged && sum.take() === '';
    }),
  );
  for (const wrong of ['', 'b', 'aAA==', 'aAAA=', 'agICAgICAgICAgIA=']) t.equal(parseSketches([wrong]), null, `"${wrong}" is no sketch`);
});

t.test('chunk: every column by itself, with its gaps; columns alike are written once', async (t) => {
  const at = Float64Array.from({ length: 500 }, (_, i) => 1_000 * i);
  const noise = at.map((_, i) => ((i * 7_919) % 1_000) / 1_000);
  const gaps = noise.map((value, i) => (i % 3 === 0 ? Number.NaN : value));
  const texts = Array.from(at, (_, i) => (i % 5 === 0 ? null : `text ${i % 2}`));
  const columns = new Map<number, Column>([
    [0, noise],
    [8, gaps],
    [16, texts],
    [24, noise],
    [32, at.map(() => Number.NaN)],
  ]);
  const bytes = encodeChunk({ series: at.map(() => 7), at, columns });

  const chunk = new Chunk(bytes);
  t.same([...chunk.at], [...at]);
  t.same([...chunk.keys], [0, 8, 16, 24], 'a column without a value is not there');
  t.same(chunk.column(16), texts);
  t.same(chunk.column(8), gaps);
  t.equal(chunk.column(32), null);
  const without = encodeChunk({ series: at.map(() => 7), at, columns: new Map([...columns].filter(([key]) => key !== 24)) });
  t.ok(bytes.length - without.length < 12, 'the second of two that are alike costs its entry only');
});

t.test('chunk: bytes of another format, or cut short, are refused', async (t) => {
  const bytes = encodeChunk({ series: Float64Array.of(1), at: Float64Array.of(5), columns: new Map([[0, Float64Array.of(0.25)]]) });
  t.throws(() => new Chunk(Uint8Array.of(99, ...bytes.subarray(1))), /format 99/);
  t.throws(() => new Chunk(bytes.subarray(0, 5)), /ends too early/);
});
