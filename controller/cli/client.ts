import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { Problem } from '../../protocol/api.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';
import { pathsIn } from '../data.ts';
import { START } from '../program.ts';

/** The REST API over the data directory's Unix socket: who may open it is an admin. */
export interface Client {
  /** Rejects with CommandFailed: the controller is not running, or what it refused and why. */
  call<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, schema: z.ZodType<T>, body?: object): Promise<T>;
  /** The answer line by line, as it comes (application/x-ndjson). Rejects as `call` does. */
  lines(path: string, body: object): AsyncIterable<unknown>;
}

const ANSWER_WITHIN_MS = 30_000;

export const makeClient = (data: string): Client => ({
  call: async (method, path, schema, body) => {
    const { status, text } = await exchange(pathsIn(data).socket, method, `/api/v1${path}`, body, data);
    const json: unknown = text === '' ? null : JSON.parse(text);
    if (status < 300) return schema.parse(json);
    throw new CommandFailed(EXIT.data, explain(status, json));
  },
  async *lines(path, body) {
    const incoming = await send(pathsIn(data).socket, 'POST', `/api/v1${path}`, body, data, new AbortController().signal);
    if ((incoming.statusCode ?? 0) >= 300)
      throw new CommandFailed(EXIT.data, explain(incoming.statusCode ?? 0, JSON.parse(await textOf(incoming))));
    for await (const line of createInterface(incoming)) if (line !== '') yield JSON.parse(line);
  },
});

const exchange = async (
  socketPath: string,
  method: string,
  path: string,
  body: object | undefined,
  data: string,
): Promise<{ status: number; text: string }> => {
  const incoming = await send(socketPath, method, path, body, data, AbortSignal.timeout(ANSWER_WITHIN_MS));
  return { status: incoming.statusCode ?? 0, text: await textOf(incoming) };
};

const textOf = async (incoming: IncomingMessage): Promise<string> => {
  const chunks: Uint8Array[] = await incoming.toArray();
  return Buffer.concat(chunks).toString('utf8');
};

const send = async (
  socketPath: string,
  method: string,
  path: string,
  body: object | undefined,
  data: string,
  signal: AbortSignal,
): Promise<IncomingMessage> => {
  if (!existsSync(socketPath)) throw notRunning(data);
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const outgoing = request({
    socketPath,
    method,
    path,
    headers: {
      host: 'localhost',
      ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
    },
    signal,
  });
  outgoing.end(payload);
  try {
    const answered: IncomingMessage[] = await once(outgoing, 'response');
    const [incoming] = answered;
    if (incoming === undefined) throw notRunning(data);
    return incoming;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ECONNREFUSED' || code === 'ENOENT') throw notRunning(data);
    if (code === 'EACCES')
      throw new CommandFailed(EXIT.unavailable, `${socketPath} is another user's: run this as the user that runs the controller`);
    throw error;
  }
};

const notRunning = (data: string): CommandFailed =>
  new CommandFailed(EXIT.unavailable, `no controller runs on ${data}: start it (${START}), or name its directory with --data DIR`);

/** A problem as lines: what, and each field with what is wrong with it. */
const explain = (status: number, json: unknown): string => {
  const parsed = Problem.safeParse(json);
  if (!parsed.success) return `the controller answered ${status}`;
  const { title, detail, errors = [] } = parsed.data;
  const fields = errors
    .filter(({ message }) => message !== detail)
    .map(({ path, message }) => `${path === '' ? '' : `${path}: `}${message}`)
    .filter((line) => line !== detail);
  return [detail ?? title, ...fields].join('\n  ');
};
