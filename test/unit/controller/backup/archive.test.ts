import t from 'tap';
import { type ArchiveFile, readArchive, writeArchive } from '../../../../controller/backup/archive.ts';

async function* filesOf(contents: Readonly<Record<string, string>>): AsyncGenerator<ArchiveFile> {
  for (const [path, text] of Object.entries(contents)) {
    const bytes = Buffer.from(text);
    yield { path, sizeBytes: bytes.length, content: [bytes] };
  }
}

/** In pieces of seven bytes, so that every border is crossed. */
async function* inPieces(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) for (let at = 0; at < chunk.length; at += 7) yield chunk.subarray(at, at + 7);
}

const readAll = async (bytes: AsyncIterable<Uint8Array>): Promise<Record<string, string>> => {
  const found: Record<string, string> = {};
  for await (const { path, content } of readArchive(bytes)) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of content) chunks.push(chunk);
    found[path] = Buffer.concat(chunks).toString('utf8');
  }
  return found;
};

t.test('archive: what was written is read again, however it is cut', async (t) => {
  const contents = { 'manifest.json': '{}', 'keys/ca.key': 'x'.repeat(512), empty: '', 'a/b.db': 'y'.repeat(1_000) };

  t.same(await readAll(inPieces(writeArchive(filesOf(contents), 1_700_000_000_000))), contents);
});

t.test('archive: a file that changed while it was read is an error, not a damaged archive', async (t) => {
  const files = async function* (): AsyncGenerator<ArchiveFile> {
    yield { path: 'control.db', sizeBytes: 10, content: [Buffer.from('short')] };
  };

  await t.rejects(readAll(writeArchive(files(), 0)), { message: 'control.db changed while it was read: 5 bytes instead of 10' });
});

t.test('archive: what is cut short, or is something else, is said so', async (t) => {
  const whole = Buffer.concat(await Array.fromAsync(writeArchive(filesOf({ a: 'z'.repeat(600) }), 0)));
  async function* part(length: number): AsyncGenerator<Uint8Array> {
    yield whole.subarray(0, length);
  }
  async function* other(): AsyncGenerator<Uint8Array> {
    yield Buffer.alloc(512, 'GIF89a');
  }

  await t.rejects(readAll(part(700)), /ends too early/);
  await t.rejects(readAll(other()), /not a backup/);
});
