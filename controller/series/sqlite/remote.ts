import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Point, Series, SeriesQuery, SeriesStore, TagFilter } from '../store.ts';

type Call =
  | { readonly method: 'write'; readonly points: readonly Point[] }
  | { readonly method: 'query'; readonly query: SeriesQuery }
  | { readonly method: 'latest'; readonly measurement: string; readonly tags: TagFilter; readonly fields: readonly string[] | undefined }
  | { readonly method: 'describe' }
  | { readonly method: 'scan'; readonly range: Parameters<SeriesStore['scan']>[0] }
  | { readonly method: 'maintain'; readonly options: Parameters<SeriesStore['maintain']>[0] }
  | { readonly method: 'deleteBefore'; readonly before: number }
  | { readonly method: 'usage' }
  | { readonly method: 'sizeBytes' }
  | { readonly method: 'close' };
export interface Request {
  readonly id: number;
  readonly call: Call;
}
export type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly message: string };

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The embedded store over the file at `path`, in a worker thread. Rejects when the file cannot be opened; a worker that dies rejects every call and is started again by the next one. */
export const openRemoteSqliteStore = async (path: string): Promise<SeriesStore> => {
  const link = openLink(path);
  await link.call({ method: 'sizeBytes' });
  const ask = async <T>(call: Call): Promise<T> => (await link.call(call)) as T; // Border: our own worker's answer.
  return {
    write: async (points) => void (await link.call({ method: 'write', points })),
    query: (query) => ask<readonly Series[]>({ method: 'query', query }),
    latest: (measurement, tags, fields) => ask<readonly Point[]>({ method: 'latest', measurement, tags, fields }),
    describe: () => ask({ method: 'describe' }),
    scan: (range) => ask({ method: 'scan', range }),
    maintain: (options) => ask({ method: 'maintain', options }),
    usage: () => ask({ method: 'usage' }),
    deleteBefore: async (before) => Number(await link.call({ method: 'deleteBefore', before })),
    sizeBytes: async () => Number(await link.call({ method: 'sizeBytes' })),
    [Symbol.asyncDispose]: () => link.close(),
  };
};

const openLink = (path: string): { call(call: Call): Promise<unknown>; close(): Promise<void> } => {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let closed = false;
  let next = 1;
  const fail = (of: Worker, error: Error): void => {
    if (worker !== of) return;
    worker = null;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  const start = (): Worker => {
    const started = new Worker(new URL('./worker.ts', import.meta.url), { workerData: path });
    started.on('message', (answer: Answer) => {
      const asked = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (answer.ok) asked?.resolve(answer.value);
      else asked?.reject(new Error(`series store: ${answer.message}`));
    });
    started.on('error', (error) => fail(started, new Error(`series store ${path}: ${String(error)}`, { cause: error })));
    started.on('exit', () => fail(started, new Error('series store: its worker has ended')));
    return started;
  };
  const call = (request: Call): Promise<unknown> => {
    if (closed) return Promise.reject(new Error('series store: closed'));
    worker ??= start();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = next++;
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, call: request } satisfies Request);
    return promise;
  };
  return {
    call,
    async close() {
      if (closed || worker === null) {
        closed = true;
        return;
      }
      const ending = worker;
      await call({ method: 'close' }).catch(() => {});
      closed = true;
      const exited = once(ending, 'exit');
      await ending.terminate();
      await exited.catch(() => {});
    },
  };
};
