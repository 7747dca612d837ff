import type { Timeline } from './timeline.ts';

const KEPT = 400;

export interface Failure {
  /** DESIGN.md, Promises; 0: the product broke otherwise (a program ended, a rejection that nobody handles). */
  readonly promise: 0 | 1 | 2 | 3 | 9;
  readonly at: number;
  readonly text: string;
}

/** What happened: the last events in full, all of them as counts, and the first promise that broke. */
export class Journal {
  readonly #timeline: Timeline;
  readonly #last: { readonly at: number; readonly text: string }[] = [];
  readonly #echo: boolean;
  readonly counts = new Map<string, number>();
  failure: Failure | null = null;

  constructor(timeline: Timeline, echo: boolean) {
    this.#timeline = timeline;
    this.#echo = echo;
  }

  count(kind: string, by = 1): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + by);
  }

  event(text: string): void {
    const line = { at: this.#timeline.now(), text };
    this.#last.push(line);
    if (this.#last.length > 2 * KEPT) this.#last.splice(0, KEPT);
    if (this.#echo) process.stderr.write(`${format(line)}\n`);
  }

  /** A fault begins: told and counted. */
  fault(kind: string, detail: string): void {
    this.count(kind);
    this.event(`fault: ${kind} ${detail}`);
  }

  /** The first failure ends the world; what follows from it is not told. */
  fail(promise: Failure['promise'], text: string): void {
    this.event(`BROKEN promise ${promise}: ${text}`);
    this.failure ??= { promise, at: this.#timeline.now(), text };
    this.#timeline.stop();
  }

  lastEvents(): string[] {
    return this.#last.slice(-KEPT).map(format);
  }
}

const format = ({ at, text }: { at: number; text: string }): string => `${iso(at)} ${text}`;
export const iso = (at: number): string => (Number.isFinite(at) ? new Date(at).toISOString() : String(at));
