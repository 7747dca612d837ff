import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface Program extends AsyncDisposable {
  readonly origin: string;
  readonly setupUrl: string;
  /** Its data directory, for the command line beside it. */
  readonly data: string;
  /** All that it printed. */
  readonly lines: readonly string[];
}

interface Ready {
  readonly ready: { readonly origin: string; readonly setupUrl: string };
}

/** `npm start` on free ports in a directory of its own, until it says that it is ready; throws with what it printed after 60 s. */
export const startProgram = async (): Promise<Program> => {
  const data = await mkdtemp(path.join(tmpdir(), 'sonde-e2e-'));
  const root = path.resolve(import.meta.dirname, '../..');
  const child = spawn(process.execPath, ['controller/main.ts', 'start', '--data', data, '--http', '0', '--mqtt', '0', '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const closed = once(child, 'close');
  const { promise, resolve, reject } = Promise.withResolvers<Ready['ready']>();
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      if (line.startsWith('{"ready"')) resolve((JSON.parse(line) as Ready).ready);
    });
  child.on('close', () => reject(new Error(`it ended: ${lines.join('\n')}`)));
  AbortSignal.timeout(60_000).addEventListener('abort', () => reject(new Error(`not ready after 60 s: ${lines.join('\n')}`)));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await closed;
    await rm(data, { recursive: true, force: true });
  };
  const ready = await promise.catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { ...ready, data, lines, [Symbol.asyncDispose]: stop };
};
