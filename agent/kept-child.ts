// A process of the agent's own that is started again whenever it dies.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type Clock, slept } from '../protocol/time.ts';

export interface KeptChild<To> extends AsyncDisposable {
  /** Begins to keep one, unless it is kept already. */
  start(): void;
  /** Goes to the process that runs; lost when none does. */
  send(message: To): void;
  /** Null while none runs. */
  pid(): number | null;
  /** How often it was started again. */
  restarts(): number;
}

export interface KeptChildOptions<From> {
  readonly clock: Clock;
  readonly spawn: () => ChildProcess;
  readonly take: (message: From) => void;
  /** A process has ended, and how; null: because it was told to. */
  readonly ended: (how: string | null) => void;
  /** A wait instead of the back-off, ms; null: the back-off. */
  readonly waitMs?: () => number | null;
}

const FIRST_BACK_OFF_MS = 200;
const LONGEST_BACK_OFF_MS = 30_000;
/** A process that ran so long was well: its next end starts the back-off anew. */
const WELL_AFTER_MS = 60_000;

export const keepChild = <To extends object, From>(options: KeptChildOptions<From>): KeptChild<To> => {
  const { clock, spawn, take, ended, waitMs = () => null } = options;
  const stop = new AbortController();
  let child: ChildProcess | null = null;
  let restarts = 0;
  let kept: Promise<void> | null = null;

  const runOnce = async (): Promise<void> => {
    const started = spawn();
    child = started;
    started.on('message', take);
    const kill = (): void => void started.kill('SIGKILL');
    stop.signal.addEventListener('abort', kill, { once: true });
    if (stop.signal.aborted) kill();
    const how = await exitOf(started);
    stop.signal.removeEventListener('abort', kill);
    child = null;
    ended(stop.signal.aborted ? null : how);
  };
  const keep = async (): Promise<void> => {
    let backOffMs = FIRST_BACK_OFF_MS;
    while (!stop.signal.aborted) {
      const startedMs = clock.monotonic();
      await runOnce();
      if (clock.monotonic() - startedMs > WELL_AFTER_MS) backOffMs = FIRST_BACK_OFF_MS;
      if (!(await slept(clock, waitMs() ?? backOffMs, stop.signal))) return;
      backOffMs = Math.min(LONGEST_BACK_OFF_MS, backOffMs * 2);
      restarts += 1;
    }
  };
  return {
    start: () => {
      kept ??= keep();
    },
    send(message) {
      // It may have died a moment ago: then this write fails, and its end is told by `exit`. Without a callback the error would end the agent.
      if (child?.connected === true) child.send(message, undefined, undefined, () => undefined);
    },
    pid: () => child?.pid ?? null,
    restarts: () => restarts,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await kept;
    },
  };
};

/** The signal, or the exit code. */
const exitOf = async (child: ChildProcess): Promise<string> => {
  let [code, signal]: unknown[] = [child.exitCode, child.signalCode];
  try {
    if (code === null && signal === null) [code, signal] = await once(child, 'exit');
  } catch {
    return 'could not be started';
  }
  return typeof signal === 'string' ? signal : `exit code ${String(code)}`;
};
