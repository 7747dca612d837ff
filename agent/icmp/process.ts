import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A small young generation is collected in half a millisecond, and in this thread: helpers would wait behind whatever keeps the other cores busy. */
const ENGINE_FLAGS = [
  '--max-semi-space-size=2',
  '--initial-heap-size=8',
  '--heap-growing-percent=20',
  '--single-threaded-gc',
  '--v8-pool-size=1',
  '--disable-warning=ExperimentalWarning',
];

/** The ICMP process. It measures nothing before it is told its guard rails and tasks. What it says meanwhile is kept for who listens first. */
export const startEngineProcess = (execArgv: readonly string[] = ENGINE_FLAGS): ChildProcess => {
  const child = fork(fileURLToPath(new URL('./main.ts', import.meta.url)), [], {
    execArgv: [...execArgv],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child.on('error', () => undefined); // who waits for its end hears of it; before that, nobody would
  return child;
};
