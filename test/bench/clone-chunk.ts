import { ByteReader, ByteWriter } from '../../controller/series/sqlite/codec/bytes.ts';
import { readWhole, writeWhole } from '../../controller/series/sqlite/codec/whole.ts';

/** A chunk with all its times later by this, its columns as they are. */
export const shiftChunk = (bytes: Uint8Array, shiftMs: number): Uint8Array => {
  const reader = new ByteReader(bytes);
  const writer = new ByteWriter();
  writer.byte(reader.byte());
  const length = reader.varint();
  writer.varint(length);
  writeWhole(writer, readWhole(reader, length));
  writeWhole(
    writer,
    readWhole(reader, length).map((at) => at + shiftMs),
  );
  writer.raw(bytes.subarray(reader.at));
  return writer.take();
};
