import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import * as z from 'zod';
import { Problem } from '../../protocol/api.ts';
import { CommandFailed, EXIT } from './exit-codes.ts';
import { pathsIn } from '../data.ts';
import { START } from '../program.ts';

/** The REST API over the data directory's Unix socket: who may open it is an admin. */
export interface Client {
  /** Rejects with CommandFailed: the controller is not running, or what it refused and why. */
  call<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, schema: z.ZodType<T>, body?: object): Promise<T>;
}

const ANSWER_WITHIN_MS = 30_000;

export const makeClient = (data: string): Client => ({
  call: async (method, path, schema, body) => {
    const { status, text } = await exchange(pathsIn(data).socket, method, `/api/v1${path}`, body, data);
    const json: unknown = text === '' ? null : JSON.parse(text);
    if (status < 300) return schema.parse(json);
    throw new CommandFailed(EXIT.data, explain(status, json));
  },
});

const exchange = async (
  socketPath: string,
  method: string,
  path: string,
  body: object | undefined,
  data: string,
): Promise<{ status: number; text: string }> => {
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
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  });
  outgoing.end(payload);
  try {
    const answered: IncomingMessage[] = await once(outgoing, 'response');
    const [incoming] = answered;
    if (incoming === undefined) throw notRunning(data);
    const chunks: Uint8Array[] = await incoming.toArray();
    return { status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
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
    .map(({ path, message }) => `  ${path === '' ? '' : `${path}: `}${message}`);
  return [detail ?? title, ...fields].join('\n');
};
