import { Agent, request } from 'undici';
import type { Answer, HttpParcel } from '../alerts/notifiers/notifier.ts';
import { publicLookup, refusePrivateLiteral } from './address.ts';

const TIMEOUT_MS = 10_000;
const SAID_BYTES = 2_000;
const SAID_MAX = 200;

const anywhere = new Agent({ allowH2: false, connect: { timeout: TIMEOUT_MS } });
const publicOnly = new Agent({ allowH2: false, connect: { timeout: TIMEOUT_MS, lookup: publicLookup } });

export interface Post extends Pick<HttpParcel, 'url' | 'headers' | 'body'> {
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
  readonly method?: 'POST' | 'GET';
}

/** One request; redirects are not followed: where they lead nobody has allowed. Rejects when no answer came. */
export const post = async ({ url, headers, body, allowPrivate, signal, method = 'POST' }: Post): Promise<Answer> => {
  if (!allowPrivate) refusePrivateLiteral(new URL(url).hostname);
  const answer = await request(url, {
    method,
    headers,
    ...(method === 'GET' ? {} : { body }),
    dispatcher: allowPrivate ? anywhere : publicOnly,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    signal,
  });
  const said = answer.statusCode < 300 ? '' : await beginningOf(answer.body);
  await answer.body.dump();
  const seconds = Number(answer.headers['retry-after']); // a date instead is not honoured: our own back-off holds then
  return { status: answer.statusCode, ...(said === '' ? {} : { said }), ...(seconds > 0 && { retryAfterMs: seconds * 1_000 }) };
};

/** What a receiver says when it refuses is for people: its first line, without what a terminal would obey. */
const beginningOf = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= SAID_BYTES) break;
  }
  const text = Buffer.concat(chunks).subarray(0, SAID_BYTES).toString('utf8');
  return text.startsWith('<')
    ? ''
    : text
        .replaceAll(/\s*\p{Cc}+\s*/gu, ' ')
        .trim()
        .slice(0, SAID_MAX);
};
