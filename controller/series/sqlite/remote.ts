import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SeriesStore } from '../store.ts';
import type { SeriesTags } from './answer.ts';
import type { Core } from './core.ts';
import { makePacker } from './pack.ts';
import { type Far, storeOver } from './store.ts';

export type Method = keyof Core;
export interface Request {
  readonly id: number;
  readonly method: Method | 'close';
  readonly values: readonly unknown[];
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
  const packer = makePacker();
  const known: SeriesTags = new Map();
  const link = openLink(path, () => {
    packer.reset();
    known.clear();
  });
  const far = <K extends Method>(method: K): Far[K] =>
    (async (...values: Parameters<Core[K]>) => await link.call(method, values)) as Far[K]; // Border: our own worker's answer.
  const store = storeOver(
    {
      write: far('write'),
      query: far('query'),
      latest: far('latest'),
      listSeries: far('listSeries'),
      describe: far('describe'),
      scan: far('scan'),
      maintain: far('maintain'),
      deleteBefore: far('deleteBefore'),
      usage: far('usage'),
      sizeBytes: far('sizeBytes'),
    },
    packer,
    known,
  );
  await store.sizeBytes();
  return { ...store, [Symbol.asyncDispose]: () => link.close() };
};

/** `onNew` is called before the first request to each worker. */
const openLink = (
  path: string,
  onNew: () => void,
): { call(method: Method | 'close', values: readonly unknown[]): Promise<unknown>; close(): Promise<void> } => {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | null = null;
  let closed = false;
  let next = 1;
  const fail = (of: Worker, error: Error): void => {
    if (worker !== of) return;
    worker = null;
    onNew();
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
  const call = (method: Method | 'close', values: readonly unknown[]): Promise<unknown> => {
    if (closed) return Promise.reject(new Error('series store: closed'));
    worker ??= start();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = next++;
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, method, values } satisfies Request);
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
      await call('close', []).catch(() => {});
      closed = true;
      const exited = once(ending, 'exit');
      await ending.terminate();
      await exited.catch(() => {});
    },
  };
};
