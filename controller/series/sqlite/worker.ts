// The embedded store in a thread of its own, so that a long query does not hold up acknowledgements. remote.ts is the other end.
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { openCore } from './core.ts';
import type { Answer, Request } from './remote.ts';

const db = new DatabaseSync(String(workerData));
const core = openCore(db);

const answer = ({ id, method, values }: Request): Answer => {
  try {
    if (method === 'close') {
      db.close();
      return { id, ok: true, value: undefined };
    }
    const call = core[method] as (...given: readonly unknown[]) => unknown; // Border: remote.ts types the other end.
    return { id, ok: true, value: call(...values) };
  } catch (error) {
    return { id, ok: false, message: error instanceof Error ? error.message : String(error) };
  }
};

parentPort?.on('message', (request: Request) => {
  parentPort?.postMessage(answer(request));
});
