import * as z from 'zod';
import type { Lifecycle } from './lifecycle.ts';

const LifecycleText = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('inactive') }),
  z.object({ phase: z.literal('pending'), since: z.number(), seenAt: z.number() }),
  z.object({ phase: z.literal('firing'), since: z.number(), firedAt: z.number(), seenAt: z.number(), quietSince: z.number().nullable() }),
]) satisfies z.ZodType<Lifecycle>;

/** What is remembered of one alert: one rule on one series (`<agent>/<task>`). */
export const AlertState = z.object({
  lifecycle: LifecycleText,
  /** Start of the last round that was clear; kept only while somebody may ask (see `isAsked`). */
  clearFrom: z.number().nullable(),
  /** The last value that breached. */
  value: z.number().nullable(),
  /** The incident's cause; null until it is decided, and for all that do not fire. */
  cause: z.string().nullable(),
  intervalMs: z.number(),
});
export type AlertState = z.infer<typeof AlertState>;

export interface AlertKey {
  readonly rule: string;
  readonly agent: string;
  readonly task: string;
}

export interface Entry extends AlertKey {
  readonly state: AlertState;
}

export const calm: AlertState = { lifecycle: { phase: 'inactive' }, clearFrom: null, value: null, cause: null, intervalMs: 0 };

/** Agent ids have no slash, so the series can be taken apart again. An alert on the agent itself has no task. */
export const seriesOf = ({ agent, task }: Pick<AlertKey, 'agent' | 'task'>): string => (task === '' ? agent : `${agent}/${task}`);
export const splitSeries = (series: string): { readonly agent: string; readonly task: string } => {
  const slash = series.indexOf('/');
  return slash === -1 ? { agent: series, task: '' } : { agent: series.slice(0, slash), task: series.slice(slash + 1) };
};

const idOf = ({ rule, agent, task }: AlertKey): string => `${rule} ${agent}/${task}`;
const targetOf = (task: string): string => task.slice(0, task.lastIndexOf('/'));
const isBad = (state: AlertState): boolean => state.lifecycle.phase !== 'inactive';
const isUndecided = (state: AlertState): boolean => state.lifecycle.phase === 'firing' && state.cause === null;

/** All alerts that are not calm, as the control database has them, and what has changed since the last `takeChanges`. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #undecided = new Map<string, Entry>();
  readonly #byCause = new Map<string, Map<string, Entry>>();
  readonly #badAround = new Map<string, number>();
  readonly #changed = new Map<string, AlertKey>();

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) this.#put(entry);
    this.#changed.clear();
  }

  get(key: AlertKey): AlertState {
    return this.#entries.get(idOf(key))?.state ?? calm;
  }

  set(key: AlertKey, state: AlertState): void {
    this.#put({ ...key, state });
  }

  /** Back to calm: nothing is remembered. */
  delete(key: AlertKey): void {
    const before = this.#entries.get(idOf(key));
    if (before === undefined) return;
    this.#forget(before);
    this.#entries.delete(idOf(key));
    this.#changed.set(idOf(key), key);
  }

  /** Whether a clear round of this series matters to somebody: its agent or its target has an alert that is not calm. */
  isAsked({ rule, agent, task }: AlertKey): boolean {
    return this.#badAround.has(`${rule} a ${agent}`) || this.#badAround.has(`${rule} t ${targetOf(task)}`);
  }

  entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  undecided(): readonly Entry[] {
    return [...this.#undecided.values()];
  }

  hasMembers(rule: string, cause: string): boolean {
    return (this.#byCause.get(`${rule} ${cause}`)?.size ?? 0) > 0;
  }

  /** The alerts of one incident, in the order of their series. */
  membersOf(rule: string, cause: string): readonly Entry[] {
    const members = [...(this.#byCause.get(`${rule} ${cause}`)?.values() ?? [])];
    return members.sort((a, b) => (seriesOf(a) < seriesOf(b) ? -1 : 1));
  }

  /** What the database must be told: entries to write, keys to delete. */
  takeChanges(): { readonly written: readonly Entry[]; readonly deleted: readonly AlertKey[] } {
    const written: Entry[] = [];
    const deleted: AlertKey[] = [];
    for (const [id, key] of this.#changed) {
      const entry = this.#entries.get(id);
      if (entry) written.push(entry);
      else deleted.push(key);
    }
    this.#changed.clear();
    return { written, deleted };
  }

  #put(entry: Entry): void {
    const id = idOf(entry);
    const before = this.#entries.get(id);
    if (before) this.#forget(before);
    this.#entries.set(id, entry);
    this.#changed.set(id, { rule: entry.rule, agent: entry.agent, task: entry.task });
    if (isBad(entry.state)) this.#count(entry, 1);
    if (isUndecided(entry.state)) this.#undecided.set(id, entry);
    if (entry.state.cause !== null) {
      const members = this.#byCause.get(`${entry.rule} ${entry.state.cause}`) ?? new Map<string, Entry>();
      this.#byCause.set(`${entry.rule} ${entry.state.cause}`, members.set(id, entry));
    }
  }

  #forget(entry: Entry): void {
    const id = idOf(entry);
    if (isBad(entry.state)) this.#count(entry, -1);
    this.#undecided.delete(id);
    const members = this.#byCause.get(`${entry.rule} ${entry.state.cause}`);
    members?.delete(id);
    if (members?.size === 0) this.#byCause.delete(`${entry.rule} ${entry.state.cause}`);
  }

  #count({ rule, agent, task }: Entry, by: 1 | -1): void {
    for (const key of [`${rule} a ${agent}`, `${rule} t ${targetOf(task)}`]) {
      const count = (this.#badAround.get(key) ?? 0) + by;
      if (count === 0) this.#badAround.delete(key);
      else this.#badAround.set(key, count);
    }
  }
}
