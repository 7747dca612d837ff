import { Agent, request } from 'undici';
import { failureFrom, failureOf } from './failure.ts';
import { authorization, type InfluxSettings, shownUrl } from './settings.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

type Method = 'GET' | 'POST' | 'PATCH';
interface Body {
  readonly form?: URLSearchParams;
  readonly json?: object;
}

/** Everything but writing: /ping, /query, and making databases and buckets. */
export interface InfluxHttp extends AsyncDisposable {
  /** Rejects with InfluxFailure when there was no answer, or one that is not 2xx. */
  ask(what: string, method: Method, path: string, body?: Body): Promise<HttpAnswer>;
  /** The lines of an answer, each as it comes. Rejects likewise. */
  lines(what: string, path: string, form: URLSearchParams): AsyncIterable<string>;
}

const CONNECT_MS = 5_000;

export const openHttp = (settings: InfluxSettings, timeoutMs: number): InfluxHttp => {
  const agent = new Agent({
    allowH2: false,
    connect: { timeout: CONNECT_MS },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connections: 8,
  });
  const base = shownUrl(settings);
  const headers = authorization(settings);
  const send = (method: Method, path: string, body: Body) =>
    request(`${base}${path}`, {
      dispatcher: agent,
      method,
      headers: { ...headers, accept: 'application/json', ...typeOf(body) },
      body: body.form?.toString() ?? (body.json === undefined ? null : JSON.stringify(body.json)),
    });
  return {
    async ask(what, method, path, body = {}) {
      let answer: HttpAnswer;
      try {
        const { statusCode, headers: received, body: stream } = await send(method, path, body);
        answer = { status: statusCode, headers: received, text: await stream.text() };
      } catch (error) {
        throw failureFrom(error, what, base);
      }
      if (answer.status >= 300) throw failureOf(answer.status, answer.text, what);
      return answer;
    },
    async *lines(what, path, form) {
      try {
        const { statusCode, body: stream } = await send('POST', path, { form });
        if (statusCode >= 300) throw failureOf(statusCode, await stream.text(), what);
        yield* linesOf(stream.setEncoding('utf8'));
      } catch (error) {
        throw failureFrom(error, what, base);
      }
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
};

const typeOf = ({ form, json }: Body): Record<string, string> =>
  form !== undefined
    ? { 'content-type': 'application/x-www-form-urlencoded' }
    : json !== undefined
      ? { 'content-type': 'application/json' }
      : {};

/** Without empty ones. A line may come in many pieces: only what is new is searched. */
async function* linesOf(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let begun: string[] = [];
  for await (const piece of pieces) {
    const [first = '', ...others] = piece.split('\n');
    begun.push(first);
    for (const next of others) {
      const line = begun.join('');
      begun = [next];
      if (line !== '') yield line;
    }
  }
  const rest = begun.join('');
  if (rest !== '') yield rest;
}
