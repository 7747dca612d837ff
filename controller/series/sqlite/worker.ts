// The embedded store in a thread of its own, so that a long query does not hold up acknowledgements. remote.ts is the other end.
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Request } from './remote.ts';
import { openSqliteStore } from './store.ts';

const db = new DatabaseSync(String(workerData));
const store = openSqliteStore(db);

const answer = async ({ id, call }: Request): Promise<Answer> => {
  try {
    switch (call.method) {
      case 'write':
        return { id, ok: true, value: await store.write(call.points) };
      case 'query':
        return { id, ok: true, value: await store.query(call.query) };
      case 'latest':
        return { id, ok: true, value: await store.latest(call.measurement, call.tags, call.fields) };
      case 'describe':
        return { id, ok: true, value: await store.describe() };
      case 'scan':
        return { id, ok: true, value: await store.scan(call.range) };
      case 'maintain':
        return { id, ok: true, value: await store.maintain(call.options) };
      case 'usage':
        return { id, ok: true, value: await store.usage() };
      case 'deleteBefore':
        return { id, ok: true, value: await store.deleteBefore(call.before) };
      case 'sizeBytes':
        return { id, ok: true, value: await store.sizeBytes() };
      case 'close':
        db.close();
        return { id, ok: true, value: undefined };
      default:
        return call satisfies never;
    }
  } catch (error) {
    return { id, ok: false, message: error instanceof Error ? error.message : String(error) };
  }
};

parentPort?.on('message', (request: Request) => {
  answer(request).then(
    (reply) => parentPort?.postMessage(reply),
    () => {},
  );
});
