import { existsSync, globSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { once } from 'node:events';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Step } from '../../protocol/steps.ts';
import { EXIT } from '../cli/exit-codes.ts';
import { PACKAGED, START } from '../program.ts';

const WITHIN_MS = 4_000;
const Ready = z.object({ ready: z.boolean(), troubles: z.array(z.string()) });

/** What a running controller says of its own parts. `ok`: one runs. */
export const checkReadiness = async (socketPath: string): Promise<{ readonly ok: boolean; readonly step: Step }> => {
  const step = 'controller';
  try {
    const { ready, troubles } = await ask(socketPath);
    return {
      ok: true,
      step: ready
        ? { step, ok: true, detail: 'runs, and every part does its work' }
        : { step, ok: false, detail: `runs, with trouble in: ${troubles.join(', ')}`, fix: 'its log says what', exit: EXIT.software },
    };
  } catch (error) {
    const detail = `does not run: ${error instanceof Error ? error.message : String(error)}`;
    return { ok: false, step: { step, ok: false, detail, fix: START, exit: EXIT.unavailable } };
  }
};

const ask = async (socketPath: string): Promise<z.infer<typeof Ready>> => {
  if (!existsSync(socketPath)) throw new Error(`${socketPath} is not there`);
  const outgoing = request({ socketPath, path: '/readyz', headers: { host: 'localhost' }, signal: AbortSignal.timeout(WITHIN_MS) });
  outgoing.end();
  const [incoming] = await once(outgoing, 'response');
  return Ready.parse(JSON.parse(Buffer.concat(await incoming.toArray()).toString('utf8')));
};

/** What is committed and not read by everybody yet. */
export const checkArrivals = (path: string): Step => ({ ...checkFile('arrival log', path) });

export const checkStore = (path: string): Step => {
  if (!existsSync(path)) return { step: 'store', ok: true, detail: 'no series.db yet, or the store is another one' };
  return checkFile('store', path);
};

/** Opens, and reads its own catalogue: not the whole file, which may be large. */
const checkFile = (step: string, path: string): Step => {
  try {
    const db = new DatabaseSync(path, { readOnly: true, timeout: WITHIN_MS });
    try {
      db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get();
    } finally {
      db.close();
    }
    const bytes = statSync(path).size + (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0);
    return { step, ok: true, detail: `${path}, ${(bytes / 1024 / 1024).toFixed(1)} MiB` };
  } catch (error) {
    const detail = `${path}: ${error instanceof Error ? error.message : String(error)}`;
    return {
      step,
      ok: false,
      detail,
      fix: 'stop the controller and restore a backup: "restore FILE --force" puts this one aside',
      exit: EXIT.config,
    };
  }
};

/** What the one-line installer has to give. */
export const checkPackages = (folder: string): Step => {
  const found = globSync('sonde-agent_*.deb', { cwd: folder });
  return found.length > 0
    ? { step: 'installer', ok: true, detail: `${found.length} packages of the agent in ${folder}` }
    : {
        step: 'installer',
        ok: true,
        detail: `no packages of the agent in ${folder}, so this controller hands none out; ${PACKAGED ? 'install sonde-agent-packages' : '"npm run package" makes them'}`,
      };
};
