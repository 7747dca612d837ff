// A column of texts without gaps: each different text once, and which one stands where. Sketches as the numbers that they are made of.
import type { ByteReader, ByteWriter } from './bytes.ts';
import { parseSketches, readSketches, type SketchColumn, sketchText, writeSketches } from './sketches.ts';
import { readWhole, writeWhole } from './whole.ts';

const DISTINCT = 0;
const SKETCHES = 1;

/** `quick` leaves sketches as texts: for what is written again soon. */
export const writeTexts = (writer: ByteWriter, texts: readonly string[], quick: boolean): void => {
  const sketches = quick || !texts[0]?.startsWith('a') ? null : parseSketches(texts);
  if (sketches !== null) {
    writer.byte(SKETCHES);
    writeSketches(writer, sketches);
    return;
  }
  writer.byte(DISTINCT);
  const distinct = new Map<string, number>();
  for (const text of texts) if (!distinct.has(text)) distinct.set(text, distinct.size);
  writer.varint(distinct.size);
  for (const text of distinct.keys()) writer.text(text);
  if (distinct.size > 1)
    writeWhole(
      writer,
      Float64Array.from(texts, (text) => distinct.get(text) ?? 0),
    );
};

export const readTexts = (reader: ByteReader, count: number): string[] => {
  if (reader.byte() === SKETCHES) {
    const sketches = readSketches(reader, count);
    return Array.from({ length: count }, (_, i) => sketchText(sketches, i));
  }
  const distinct = Array.from({ length: reader.varint() }, () => reader.text());
  if (distinct.length === 1) return Array.from({ length: count }, () => distinct[0] ?? '');
  return Array.from(readWhole(reader, count), (index) => distinct[index] ?? '');
};

/** The same column as sketches, without making texts; null when it does not hold sketches only. */
export const readTextsAsSketches = (reader: ByteReader, count: number): SketchColumn | null => {
  const from = reader.at;
  return reader.byte() === SKETCHES ? readSketches(reader, count) : parseSketches(readTexts(reader.from(from), count));
};
