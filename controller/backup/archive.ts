// A tar (ustar) of a few files, written and read as a stream. Sizes beyond 8 GiB are in base 256, as GNU tar writes them.

export interface ArchiveFile {
  /** Relative, with `/` between folders; at most 100 bytes. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

const BLOCK = 512;
const OCTAL_MOST = 0o77777777777;

/** The bytes of an archive. Throws when a file's content is not as long as it said. */
export async function* writeArchive(files: AsyncIterable<ArchiveFile>, atMs: number): AsyncGenerator<Uint8Array> {
  for await (const { path, sizeBytes, content } of files) {
    yield headerOf(path, sizeBytes, atMs);
    let written = 0;
    for await (const chunk of content) {
      written += chunk.length;
      yield chunk;
    }
    if (written !== sizeBytes) throw new Error(`${path} changed while it was read: ${written} bytes instead of ${sizeBytes}`);
    yield new Uint8Array(-sizeBytes & (BLOCK - 1));
  }
  yield new Uint8Array(2 * BLOCK);
}

/** Reads file after file; each one's content must be taken before the next is asked for. Throws for what is no archive, or not a whole one. */
export async function* readArchive(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveFile> {
  const source = makeSource(bytes);
  for (;;) {
    const header = await source.take(BLOCK);
    if (header.every((byte) => byte === 0)) return;
    const { path, sizeBytes } = parseHeader(header);
    let left = sizeBytes;
    yield {
      path,
      sizeBytes,
      content: (async function* () {
        while (left > 0) {
          const chunk = await source.some(left);
          left -= chunk.length;
          yield chunk;
        }
      })(),
    };
    if (left > 0) throw new Error(`${path} was not read to its end`);
    await source.take(-sizeBytes & (BLOCK - 1));
  }
}

const headerOf = (path: string, sizeBytes: number, atMs: number): Uint8Array => {
  const header = Buffer.alloc(BLOCK);
  if (Buffer.byteLength(path) > 100) throw new Error(`${path}: the name is too long for an archive`);
  header.write(path, 0);
  header.write('0000600\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  if (sizeBytes <= OCTAL_MOST) header.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124);
  else {
    header.writeUInt8(0x80, 124);
    header.writeBigUInt64BE(BigInt(sizeBytes), 128);
  }
  header.write(
    `${Math.floor(atMs / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
    136,
  );
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148);
  return header;
};

const parseHeader = (header: Buffer): { path: string; sizeBytes: number } => {
  const text = (from: number, length: number): string => header.toString('utf8', from, from + length).replace(/\0.*$/s, '');
  if (Number.parseInt(text(148, 8), 8) !== checksumOf(header)) throw new Error('this is not a backup, or it is damaged');
  const sizeBytes = (header[124] ?? 0) & 0x80 ? Number(header.readBigUInt64BE(128)) : Number.parseInt(text(124, 12), 8);
  return { path: text(0, 100), sizeBytes };
};

/** Of the header with spaces where the checksum stands. */
const checksumOf = (header: Uint8Array): number => header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);

const makeSource = (bytes: AsyncIterable<Uint8Array>) => {
  const iterator = bytes[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  /** Between 1 and `most` bytes. */
  const some = async (most: number): Promise<Uint8Array> => {
    while (rest.length === 0) {
      const next = await iterator.next();
      if (next.done === true) throw new Error('the backup ends too early: it is not whole');
      rest = next.value;
    }
    const chunk = rest.subarray(0, most);
    rest = rest.subarray(chunk.length);
    return chunk;
  };
  const take = async (length: number): Promise<Buffer> => {
    const parts: Uint8Array[] = [];
    for (let have = 0; have < length; ) {
      const chunk = await some(length - have);
      parts.push(chunk);
      have += chunk.length;
    }
    return Buffer.concat(parts);
  };
  return { some, take };
};
