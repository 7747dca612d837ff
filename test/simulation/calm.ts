import type { Journal } from './journal.ts';
import type { Ledger, Truth } from './ledger.ts';
import type { Timeline } from './timeline.ts';

/** After a disturbance: back-off up to 30 s, a connect, a first clock exchange. */
const RECOVERED_MS = 120_000;
/** Lost once or twice and sent again after 15 s each. */
const LAG_MAX_MS = 60_000;
const BACKLOG_MS = 300_000;

const EVERYBODY = '*';

/** Who is disturbed by what, and since when nobody is: where all is well, a fresh round is in the store within a minute, whatever backlog drains beside it (promise 2). */
export class Calm {
  readonly #timeline: Timeline;
  readonly #journal: Journal;
  readonly #active = new Map<string, number>();
  readonly #since = new Map<string, number>();
  /** Times of disturbance that are over. */
  readonly #past = new Map<string, { readonly from: number; readonly to: number }[]>();
  worstLagMs = 0;
  /** Backlog rounds that came after rounds five minutes younger than they. */
  overtaken = 0;
  readonly #newest = new Map<string, number>();

  constructor(timeline: Timeline, journal: Journal) {
    this.#timeline = timeline;
    this.#journal = journal;
  }

  /** Returns how to say that it is over. */
  disturb(agent: string | null): () => void {
    const key = agent ?? EVERYBODY;
    this.#active.set(key, (this.#active.get(key) ?? 0) + 1);
    const from = this.#timeline.now();
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#active.set(key, (this.#active.get(key) ?? 1) - 1);
      this.#since.set(key, this.#timeline.now());
      const past = this.#past.get(key) ?? [];
      past.push({ from, to: this.#timeline.now() });
      this.#past.set(key, past);
    };
  }

  disturbFor(agent: string | null, ms: number): void {
    const over = this.disturb(agent);
    this.#timeline.after(ms, over);
  }

  /** Since when this agent and everything it needs has been well; null while something is not. */
  since(agent: string): number | null {
    if ((this.#active.get(agent) ?? 0) > 0 || (this.#active.get(EVERYBODY) ?? 0) > 0) return null;
    return Math.max(this.#since.get(agent) ?? 0, this.#since.get(EVERYBODY) ?? 0);
  }

  /** Nothing disturbed this agent between the two; for times that are past. */
  wasCalm(agent: string, from: number, to: number): boolean {
    return [agent, EVERYBODY].every(
      (key) => !(this.#past.get(key) ?? []).some((time) => time.from <= to && time.to >= from - RECOVERED_MS),
    );
  }

  /** A round has come to the store: was it late in calm? */
  stored(truth: Truth): void {
    const newest = this.#newest.get(truth.agent) ?? 0;
    if (truth.startedAt < newest - BACKLOG_MS) this.overtaken += 1;
    this.#newest.set(truth.agent, Math.max(newest, truth.startedAt));
    const since = this.since(truth.agent);
    if (since === null || truth.startedAt < since + RECOVERED_MS) return;
    const lagMs = this.#timeline.now() - truth.endedAt;
    this.worstLagMs = Math.max(this.worstLagMs, lagMs);
    if (lagMs > LAG_MAX_MS)
      this.#journal.fail(2, `${truth.agent} ${truth.task}: a fresh round took ${Math.round(lagMs)} ms with everything up`);
  }

  /** What should be in the store by now, and is not. */
  check(agents: Iterable<string>, ledger: Ledger): void {
    const now = this.#timeline.now();
    for (const agent of agents) {
      const since = this.since(agent);
      if (since === null) continue;
      for (const truth of ledger.openOf(agent).values()) {
        if (truth.startedAt < since + RECOVERED_MS) continue;
        if (truth.excuse === null && truth.handedAt !== null && now - truth.endedAt > LAG_MAX_MS)
          return this.#journal.fail(
            2,
            `${agent} ${truth.task}: a round of ${new Date(truth.startedAt).toISOString()} is not in the store after ${Math.round(now - truth.endedAt)} ms with everything up`,
          );
      }
    }
  }
}
