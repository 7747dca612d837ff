import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/** One process of the product, or of what stands around it, with all that it said. */
export class Part {
  readonly child: ChildProcess;
  /** Both outputs, line by line. */
  readonly lines: string[] = [];
  readonly #ended: Promise<unknown>;

  constructor(child: ChildProcess) {
    this.child = child;
    this.#ended = once(child, 'exit').catch(() => undefined);
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null) createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('it was never started');
    return this.child.pid;
  }
  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Lines of its log with this event name; the name may go on after it. */
  said(event: string): readonly string[] {
    return this.lines.filter((line) => line.includes(`"event":"${event}`));
  }

  /** Resolves with the first line that has these words; rejects with what it printed when it ends first, or after `withinMs`. */
  async heard(words: string, withinMs = 30_000): Promise<string> {
    let found: string | undefined;
    await until(
      () => {
        found = this.lines.find((line) => line.includes(words));
        if (found === undefined && !this.alive) throw new Error(`it ended before it said "${words}":\n${this.tail()}`);
        return found !== undefined;
      },
      withinMs,
      () => `"${words}" was not said:\n${this.tail()}`,
    );
    return found ?? '';
  }

  /** Ends with this signal, SIGKILL unless said. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.alive) this.child.kill(signal);
    await this.#ended;
  }

  tail(): string {
    return this.lines.slice(-25).join('\n');
  }
}

/** Processes that this one has forked. */
export const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

/** Resident memory of a process now, MiB. */
export const rssMiB = (pid: number): number => {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / 1024;
};

/** Looks again each 100 ms; rejects with `complaint` after `withinMs`. */
export const until = async (
  condition: () => boolean | Promise<boolean>,
  withinMs: number,
  complaint: () => string = () => condition.toString(),
): Promise<void> => {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${complaint()}`);
    await delay(100);
  }
};
