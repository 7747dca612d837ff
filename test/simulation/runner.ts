import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { iso } from './journal.ts';
import type { MutationName } from './mutations.ts';
import type { Result } from './world.ts';

/** Longer runs are cut into worlds of at most this, so that a failure is replayed in a minute. */
const DAYS_A_PART = 1.25;
const WORKERS = 2;

export interface Run {
  readonly seed: string;
  readonly days: number;
  readonly agents: number;
}

export interface Part {
  readonly seed: string;
  readonly days: number;
  readonly agents: number;
  readonly echo?: boolean;
  readonly intensity?: number;
  /** The name of a bug to put in (mutations.ts). */
  readonly mutation?: MutationName;
}

export const partsOf = ({ seed, days, agents }: Run): Part[] => {
  const count = Math.ceil(days / DAYS_A_PART);
  return Array.from({ length: count }, (_, index) => ({ seed: `${seed}.${index}`, days: days / count, agents }));
};

/** Runs every part, or only one of them, in as many processes as there are cores, at most two. Results in the order of the parts. */
export const runParts = async (run: Run & { readonly only?: number | null; readonly echo?: boolean }): Promise<Result[]> => {
  const parts = partsOf(run);
  const only = run.only ?? null;
  if (only !== null && parts[only] === undefined)
    throw new Error(`--part ${only}: there are ${parts.length} parts, 0 to ${parts.length - 1}`);
  return inWorkers((only === null ? parts : parts.slice(only, only + 1)).map((part) => ({ ...part, echo: run.echo ?? false })));
};

/** One world a process at a time: rejections that nobody handles then belong to that world. The next one finds the code compiled. */
export const inWorkers = async (parts: readonly Part[]): Promise<Result[]> => {
  const results: Result[] = [];
  const waiting = [...parts.entries()];
  const work = async (): Promise<void> => {
    let worker: Worker | null = null;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, part] = next;
      if (worker !== null && worker.mutation !== part.mutation) worker = worker.end();
      worker ??= startWorker(part.mutation);
      results[index] = await worker.simulate(part);
    }
    worker?.end();
  };
  await Promise.all(Array.from({ length: Math.min(WORKERS, availableParallelism(), parts.length) }, work));
  return results;
};

interface Worker {
  /** What it has loaded with a bug, and keeps. */
  readonly mutation: MutationName | undefined;
  simulate(part: Part): Promise<Result>;
  end(): null;
}

const startWorker = (mutation: MutationName | undefined): Worker => {
  const execArgv = [...process.execArgv, '--max-semi-space-size=32']; // most of what a world makes dies young
  const child = fork(new URL('./worker.ts', import.meta.url), { execArgv });
  return {
    mutation,
    simulate(part) {
      const { promise, resolve, reject } = Promise.withResolvers<Result>();
      const onEnd = (code: number | null, signal: string | null): void =>
        reject(new Error(`the world of seed ${part.seed} ended without a result: ${signal ?? `exit ${code}`}`));
      child.once('message', (message) => resolve(message as Result)); // Border: our own worker's answer.
      child.once('error', reject);
      child.once('exit', onEnd);
      child.send(part);
      return promise.finally(() => child.off('exit', onEnd).off('error', reject));
    },
    end() {
      if (child.connected) child.disconnect();
      return null;
    },
  };
};

/** For people: what was simulated, what happened in it, and how to see a failure again. */
export const report = (results: readonly Result[], run: Run): string => {
  const total = (of: (result: Result) => number): number => results.reduce((sum, result) => sum + of(result), 0);
  const counts = new Map<string, number>();
  for (const result of results)
    for (const [kind, count] of Object.entries(result.counts)) counts.set(kind, (counts.get(kind) ?? 0) + count);
  const lines = [
    `seed ${run.seed}: ${total(({ agentDays }) => agentDays)} agent-days, ${total(({ measured }) => measured)} rounds measured, ${total(({ stored }) => stored)} stored; ` +
      `slowest fresh round in calm ${Math.round(Math.max(...results.map(({ worstLagMs }) => worstLagMs)))} ms, ${total(({ overtaken }) => overtaken)} of a backlog were overtaken by fresh ones`,
    ...[...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => `  ${String(count).padStart(8)}  ${kind}`),
    ...results.flatMap((result) => failureLines(result, run)),
  ];
  return `${lines.join('\n')}\n`;
};

const failureLines = ({ failure, seed, lastEvents }: Result, run: Run): string[] =>
  failure === null
    ? []
    : [
        `FAILED, promise ${failure.promise}, at ${iso(failure.at)}: ${failure.text}`,
        'The last events:',
        ...lastEvents.slice(-60).map((line) => `  ${line}`),
        `Again: npm run simulate -- --seed ${run.seed} --days ${run.days} --agents ${run.agents} --part ${seed.slice(seed.lastIndexOf('.') + 1)} --echo`,
      ];
