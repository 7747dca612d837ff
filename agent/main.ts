import { isSea } from 'node:sea';
import { startEngineProcess } from './icmp/process.ts';

/** For a program that mostly waits: a small young generation, an old one that is collected before it grows, no helper threads. */
const SMALL = [
  '--max-semi-space-size=1',
  '--initial-heap-size=16',
  '--heap-growing-percent=20',
  '--single-threaded',
  '--optimize-for-size',
];

const restartSmall = (): void => {
  if (isSea()) return; // the executable has these in it
  const [program, ...words] = process.argv.slice(1);
  if (words[0] !== 'run' || program === undefined || process.execArgv.includes(SMALL[0] ?? '')) return;
  try {
    process.execve?.(process.execPath, [process.execPath, ...process.execArgv, ...SMALL, program, ...words], process.env);
  } catch {
    // Not possible here (Windows, a worker): then it is larger, and does the same.
  }
};
restartSmall();

const stop = new AbortController();
// `on`, not `once`: Ctrl-C in a terminal arrives twice, from the terminal and from npm, and the second must not kill.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort(new Error(signal)));

process.stdout.on('error', () => process.exit(0)); // `agent doctor | head` has read enough

// The ICMP process takes the longest to come up, and comes up beside everything else.
const engine = process.argv[2] === 'run' ? startEngineProcess() : null;

// No await at the top level: inside the executable this is a script.
void import('./cli.ts').then(async ({ runCli }) => {
  process.exitCode = await runCli(process.argv.slice(2), stop.signal, engine);
  engine?.kill('SIGKILL'); // nobody took it: the command line was not right
});
