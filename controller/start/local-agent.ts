import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../protocol/log.ts';
import type { Random } from '../../protocol/random.ts';
import { type Clock, slept } from '../../protocol/time.ts';

// The agent on the controller's own host: a child process by path, like any other agent but for who types its token.

export interface LocalAgentDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly directory: string;
}

const PROGRAM = join(import.meta.dirname, '..', '..', 'agent', 'main.ts');
const RESTART_MS = { first: 1_000, most: 30_000 } as const;
/** A run this long was a good one: the next restart waits little again. */
const GOOD_RUN_MS = 60_000;
const STOP_WITHIN_MS = 5_000;
/** sysexits(3) EX_CONFIG: starting it again would change nothing. */
const EX_CONFIG = 78;

/** Runs `agent register` with the token on its standard input; null when it has enrolled, otherwise what it said. */
export const registerLocalAgent = async (
  { directory }: LocalAgentDeps,
  order: { readonly controller: string; readonly name: string; readonly token: string },
  signal: AbortSignal,
): Promise<string | null> => {
  const child = start(
    ['register', order.controller, '--token-file', '-', '--name', order.name, '--data', directory],
    ['pipe', 'pipe', 'pipe'],
  );
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => said.push(text));
  child.stdin?.on('error', () => {}); // it ended before it read: what it said tells why
  child.stdin?.end(`${order.token}\n`);
  const stop = (): void => void child.kill('SIGKILL'); // harmless: it can be run again
  signal.addEventListener('abort', stop, { once: true });
  const code = await ended(child);
  signal.removeEventListener('abort', stop);
  return code === 0 ? null : said.join('').trim() || `agent register ended with ${code}`;
};

/** Keeps `agent run` alive until the signal aborts, then ends it. Never rejects. */
export const runLocalAgent = async ({ clock, random, log, directory }: LocalAgentDeps, signal: AbortSignal): Promise<void> => {
  let waitMs: number = RESTART_MS.first;
  while (!signal.aborted) {
    const startedAt = clock.monotonic();
    const child = start(['run', '--data', directory], ['ignore', 'ignore', 'inherit']);
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    const code = await Promise.race([ended(child), killedLate(child, clock, signal)]);
    signal.removeEventListener('abort', stop);
    if (signal.aborted) return;
    if (code === EX_CONFIG) return log.error('local-agent-stopped', `the agent in ${directory} cannot start; its lines above say why`);
    if (clock.monotonic() - startedAt > GOOD_RUN_MS) waitMs = RESTART_MS.first;
    const pauseMs = waitMs * (0.5 + random.fraction() / 2);
    log.warn('local-agent-ended', `the agent on this host ended with ${code}; it starts again in ${(pauseMs / 1000).toFixed(1)} s`);
    waitMs = Math.min(RESTART_MS.most, waitMs * 2);
    if (!(await slept(clock, pauseMs, signal))) return;
  }
};

/** The kernel ends the child when this process dies, however it dies: an agent without a keeper would hold its directory. */
const start = (args: readonly string[], stdio: ('pipe' | 'ignore' | 'inherit')[]): ChildProcess => {
  const command = [process.execPath, PROGRAM, ...args];
  const keeper = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'TERM'] : [];
  const [program = process.execPath, ...rest] = [...keeper, ...command];
  // A process group of its own: Ctrl-C reaches the controller, and the controller ends its agent in good order.
  return spawn(program, rest, { stdio, detached: true });
};

const ended = async (child: ChildProcess): Promise<number | string> => {
  try {
    await once(child, 'close');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return child.exitCode ?? child.signalCode ?? 'unknown';
};

/** After the signal it has a few seconds, then it is killed. */
const killedLate = async (child: ChildProcess, clock: Clock, signal: AbortSignal): Promise<number | string> => {
  if (!signal.aborted) await once(signal, 'abort');
  await slept(clock, STOP_WITHIN_MS, AbortSignal.timeout(STOP_WITHIN_MS * 2));
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  return 'SIGKILL';
};
