import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Inventory } from '../../../protocol/probes/host.ts';
import { type Clock, slept } from '../../../protocol/time.ts';

/** Longer than this nobody waits: what was told until then is what there is. */
const PATIENCE_MS = 180_000;
/** The lowest: it takes what nobody else wants. */
const NICE = 19;

/** What this machine is, asked in a process of its own that knows nothing of ours; null when it told nothing. Never rejects. */
export const askInventory = async (clock: Clock, signal: AbortSignal): Promise<Inventory | null> => {
  const child = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  lower(child);
  let told: Inventory | null = null;
  child.on('message', (message) => {
    const parsed = Inventory.safeParse(message);
    if (parsed.success) told = parsed.data;
  });
  const late = new AbortController();
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  void slept(clock, PATIENCE_MS, late.signal).then((over) => over && kill());
  try {
    await once(child, 'exit');
  } catch {
    // It could not be started: nothing is told.
  }
  late.abort();
  signal.removeEventListener('abort', kill);
  return told;
};

const lower = ({ pid }: ChildProcess): void => {
  try {
    if (pid !== undefined) setPriority(pid, NICE);
  } catch {
    // It has ended already, or may not be lowered: it is short.
  }
};
