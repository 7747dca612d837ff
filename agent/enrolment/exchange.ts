import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import * as z from 'zod';
import { CONTROLLER_SERVER_NAME, EnrolmentRefusal } from '../../protocol/enrolment.ts';

const ANSWER_WITHIN_MS = 20_000;
const ANSWER_MAX_BYTES = 256 * 1024;

export type Reply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: number; readonly error: string; readonly fix: string };

/** One POST on a connection that is trusted already; the answer to its schema, or the controller's refusal with its fix. Rejects when the line breaks. */
export const post = async <T>(socket: TLSSocket, path: string, body: object, schema: z.ZodType<T>): Promise<Reply<T>> => {
  const text = JSON.stringify(body);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = httpRequest({
    createConnection: () => socket,
    method: 'POST',
    path,
    headers: {
      host: CONTROLLER_SERVER_NAME,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      connection: 'close',
    },
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  request.on('response', resolve);
  request.on('error', reject);
  request.end(text);
  const response = await promise;
  const status = response.statusCode ?? 0;
  const answer = parseJson(await readText(response));
  if (status !== 200) {
    const refusal = EnrolmentRefusal.safeParse(answer);
    const { error, fix } = refusal.success
      ? refusal.data
      : { error: `HTTP ${status}`, fix: 'is this the agents’ port of a Sonde controller?' };
    return { ok: false, status, error, fix };
  }
  const parsed = schema.safeParse(answer);
  if (parsed.success) return { ok: true, value: parsed.data };
  return {
    ok: false,
    status,
    error: `the answer is not understood: ${z.prettifyError(parsed.error)}`,
    fix: 'use the same version of agent and controller',
  };
};

const readText = async (response: IncomingMessage): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    if (!(chunk instanceof Uint8Array)) continue;
    bytes += chunk.length;
    if (bytes > ANSWER_MAX_BYTES) throw new Error(`the answer is longer than ${ANSWER_MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};
