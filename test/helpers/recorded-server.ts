import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { gunzipSync } from 'node:zlib';

/** One exchange of a recorded contract: what must come, and what is answered. */
export interface Recorded {
  readonly method: string;
  /** Path with its query, as sent. */
  readonly path: RegExp;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
export interface Came {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: string;
}
export interface RecordedServer extends AsyncDisposable {
  readonly url: string;
  readonly came: readonly Came[];
  /** From now on these answers; the first whose method and path fit. */
  answer(exchanges: readonly Recorded[]): void;
}

/** A server that answers as a contract was written down, and keeps what it was sent. */
export const startRecordedServer = async (exchanges: readonly Recorded[]): Promise<RecordedServer> => {
  let answers = exchanges;
  const came: Came[] = [];
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const { method = '', url = '', headers } = request;
      came.push({ method, path: url, authorization: headers.authorization, body });
      const found = answers.find((one) => one.method === method && one.path.test(url));
      response.writeHead(found?.status ?? 404, { 'content-type': 'application/json', ...found?.headers });
      response.end(found === undefined ? '{"message":"not in the recording"}' : (found.body ?? ''));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    came,
    answer: (next) => {
      answers = next;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

const read = async (request: IncomingMessage): Promise<string> => {
  const body = Buffer.concat(await request.toArray());
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
};
