import { Agent, request } from 'undici';
import { failureFrom, failureOf } from './failure.ts';
import { authorization, type InfluxSettings, shownUrl } from './settings.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Everything but writing: /ping, /query, and making databases and buckets. */
export interface InfluxHttp extends AsyncDisposable {
  /** Rejects with InfluxFailure when there was no answer, or one that is not 2xx. */
  ask(
    what: string,
    method: 'GET' | 'POST' | 'PATCH',
    path: string,
    body?: { readonly form?: URLSearchParams; readonly json?: object },
  ): Promise<HttpAnswer>;
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
  return {
    async ask(what, method, path, body = {}) {
      let answer: HttpAnswer;
      try {
        const {
          statusCode,
          headers: received,
          body: stream,
        } = await request(`${base}${path}`, {
          dispatcher: agent,
          method,
          headers: { ...headers, accept: 'application/json', ...typeOf(body) },
          body: body.form?.toString() ?? (body.json === undefined ? null : JSON.stringify(body.json)),
        });
        answer = { status: statusCode, headers: received, text: await stream.text() };
      } catch (error) {
        throw failureFrom(error, what, base);
      }
      if (answer.status >= 300) throw failureOf(answer.status, answer.text, what);
      return answer;
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
};

const typeOf = ({ form, json }: { readonly form?: URLSearchParams; readonly json?: object }): Record<string, string> =>
  form !== undefined
    ? { 'content-type': 'application/x-www-form-urlencoded' }
    : json !== undefined
      ? { 'content-type': 'application/json' }
      : {};
