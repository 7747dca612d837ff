import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import * as z from 'zod';
import type { Parsed } from './labels.ts';

/** Above this many bytes a message is compressed. JSON starts with `{`, zstd with 0x28 0xb5 0x2f 0xfd: the first byte tells. */
const COMPRESS_ABOVE_BYTES = 1_024;
const ZSTD_FIRST_BYTE = 0x28;
/** A compressed message may grow to this and no further: a small bomb must not fill the memory. */
export const DECODED_MAX_BYTES = 16 * 1024 * 1024;

const LARGEST_PIECE_BYTES = 512 * 1024;

export const encode = (message: object): Uint8Array => encodeText(JSON.stringify(message));

/** A message that is JSON already. */
export const encodeText = (text: string): Uint8Array => {
  const json = Buffer.from(text);
  // Told how much is to come, zstd takes tables and a window of that size, here and where it is read, not of megabytes.
  return json.length > COMPRESS_ABOVE_BYTES ? zstdCompressSync(json, { pledgedSrcSize: json.length }) : json;
};

/** Bytes to a validated message. The reason names the field, for the log and for the sender. */
export const decode = <T>(schema: z.ZodType<T>, payload: Uint8Array, maxBytes = DECODED_MAX_BYTES): Parsed<T> => {
  const json = decodeJson(payload, maxBytes);
  if (!json.ok) return json;
  const parsed = schema.safeParse(json.value);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, reason: describe(parsed.error) };
};

const decodeJson = (payload: Uint8Array, maxBytes: number): Parsed<unknown> => {
  if (payload.length === 0) return { ok: false, reason: 'empty message' };
  if (payload.length > maxBytes) return { ok: false, reason: `${payload.length} bytes, more than the ${maxBytes} allowed` };
  try {
    const bytes = payload[0] === ZSTD_FIRST_BYTE ? decompress(payload, maxBytes) : payload;
    return { ok: true, value: JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) };
  } catch (error) {
    return { ok: false, reason: `not JSON, plain or zstd: ${error instanceof Error ? error.message : String(error)}`.slice(0, 300) };
  }
};

/** Rounds shrink to a fifth: with room for eight times the bytes the answer mostly comes in one piece. Node would take 16 KiB for each. */
const decompress = (payload: Uint8Array, maxBytes: number): Uint8Array =>
  zstdDecompressSync(payload, { maxOutputLength: maxBytes, chunkSize: Math.min(LARGEST_PIECE_BYTES, 8 * payload.length) });

/** One line of at most 500 characters: `rounds[3].at: Invalid input: expected number`. */
export const describe = (error: z.ZodError): string =>
  error.issues
    .slice(0, 5)
    .map((issue) => `${z.core.toDotPath(issue.path) || 'message'}: ${issue.message}`)
    .join('; ')
    .slice(0, 500);
