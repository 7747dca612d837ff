import * as z from 'zod';
import type { Lifecycle } from './lifecycle.ts';
import { targetOf } from './observation.ts';

const LifecycleText = z.discriminatedUnion('phase', [
  z.object({ phase: z.literal('inactive') }),
  z.object({ phase: z.literal('pending'), since: z.number(), seenAt: z.number() }),
  z.object({ phase: z.literal('firing'), since: z.number(), firedAt: z.number(), seenAt: z.number(), quietSince: z.number().nullable() }),
]) satisfies z.ZodType<Lifecycle>;

/** What is remembered of one alert: one rule on one series (`<agent>/<task>`). */
export const AlertState = z.object({
  lifecycle: LifecycleText,
  /** Start of the first round that breached; 0 while none does. */
  from: z.number().default(0),
  /** The last round that was clear; kept only while somebody may ask (see `isAsked`). */
  clearFrom: z.number().nullable(),
  clearTo: z.number().default(0),
  /** The last value that breached. */
  value: z.number().nullable(),
  /** The incident's cause; null until it is decided, and for all that do not fire. */
  cause: z.string().nullable(),
  intervalMs: z.number(),
  /** When it has fired lately, for damping. */
  fires: z.array(z.number()).default([]),
});
export type AlertState = z.infer<typeof AlertState>;

export interface AlertKey {
  readonly rule: string;
  readonly agent: string;
  readonly task: string;
}

export interface Entry extends AlertKey {
  readonly state: AlertState;
  /** Evaluated and shown, but it opens nothing; kept in memory alone. */
  readonly silent: boolean;
}

export const calm: AlertState = {
  lifecycle: { phase: 'inactive' },
  from: 0,
  clearFrom: null,
  clearTo: 0,
  value: null,
  cause: null,
  intervalMs: 0,
  fires: [],
};

/** Agent ids have no slash, so the series can be taken apart again. An alert on the agent itself has no task. */
export const seriesOf = ({ agent, task }: Pick<AlertKey, 'agent' | 'task'>): string => (task === '' ? agent : `${agent}/${task}`);
export const splitSeries = (series: string): { readonly agent: string; readonly task: string } => {
  const slash = series.indexOf('/');
  return slash === -1 ? { agent: series, task: '' } : { agent: series.slice(0, slash), task: series.slice(slash + 1) };
};

/** What stands around an alert in its own rule: all of its agent, and all of its target. */
export type Around = readonly [byAgent: string, byTarget: string];
export const ownAround = ({ rule, agent, task }: AlertKey): Around => [`${rule} a ${agent}`, `${rule} t ${targetOf(task)}`];

export const idOf = ({ rule, agent, task }: AlertKey): string => `${rule} ${agent}/${task}`;
const isBad = (state: AlertState): boolean => state.lifecycle.phase !== 'inactive';
const isUndecided = ({ state, silent }: Entry): boolean => !silent && state.lifecycle.phase === 'firing' && state.cause === null;

type Index = Map<string, Map<string, Entry>>;
const none: ReadonlyMap<string, Entry> = new Map();

/** All alerts that are not calm, as the control database has them, and what has changed since the last `takeChanges`. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  readonly #undecided = new Map<string, Entry>();
  readonly #byCause: Index = new Map();
  /** Alerts that are not inactive: by rule and agent, by rule and target, by target over all rules, by series over all rules. */
  readonly #badAround: Index = new Map();
  readonly #changed = new Map<string, AlertKey>();

  constructor(entries: readonly Entry[]) {
    for (const entry of entries) this.#put(idOf(entry), entry);
    this.#changed.clear();
  }

  get(key: AlertKey): AlertState {
    return this.at(idOf(key));
  }

  /** The same by its id, for who has it at hand. */
  at(id: string): AlertState {
    return this.#entries.get(id)?.state ?? calm;
  }

  set(key: AlertKey, state: AlertState, silent = false): void {
    const { rule, agent, task } = key;
    this.#put(idOf(key), { rule, agent, task, state, silent });
  }

  /** Back to calm: nothing is remembered. */
  delete(key: AlertKey): void {
    const id = idOf(key);
    const before = this.#entries.get(id);
    if (before === undefined) return;
    this.#forget(id, before);
    this.#entries.delete(id);
    if (!before.silent) this.#changed.set(id, key);
  }

  /** Whether a clear round of this series matters to somebody: its agent or its target has an alert that is not calm. */
  isAsked([byAgent, byTarget]: Around): boolean {
    return this.#badAround.size > 0 && (this.#badAround.has(byAgent) || this.#badAround.has(byTarget));
  }

  entries(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  undecided(): readonly Entry[] {
    return this.#undecided.size === 0 ? [] : [...this.#undecided.values()];
  }

  hasMembers(cause: string): boolean {
    return (this.#byCause.get(cause)?.size ?? 0) > 0;
  }

  /** The alerts of one incident, in the order of their series; of many the first. */
  membersOf(cause: string, most = Number.POSITIVE_INFINITY): readonly Entry[] {
    const members = [...(this.#byCause.get(cause)?.entries() ?? [])].map(([id, entry]) => ({
      name: id.slice(id.indexOf(' ') + 1),
      id,
      entry,
    }));
    const inOrder = members.sort((a, b) => (a.name === b.name ? (a.id < b.id ? -1 : 1) : a.name < b.name ? -1 : 1));
    return inOrder.slice(0, most).map(({ entry }) => entry);
  }

  sizeOf(cause: string): number {
    return this.#byCause.get(cause)?.size ?? 0;
  }

  /** The alerts of one rule on one target that are not inactive, of all agents. */
  badOnTarget(rule: string, target: string): ReadonlyMap<string, Entry> {
    return this.#badAround.get(`${rule} t ${target}`) ?? none;
  }

  /** The same over all rules. */
  badAnywhere(target: string): ReadonlyMap<string, Entry> {
    return this.#badAround.get(`t ${target}`) ?? none;
  }

  /** The incident that another rule has found for this series. */
  causeOfSeries({ agent, task }: AlertKey): string | null {
    return firstCause(this.#badAround.get(`s ${agent}/${task}`));
  }

  /** The incident that anybody has found for this target. */
  causeOfTarget(target: string): string | null {
    return firstCause(this.#badAround.get(`t ${target}`));
  }

  /** Whether `takeChanges` would give anything. */
  get isChanged(): boolean {
    return this.#changed.size > 0;
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

  #put(id: string, entry: Entry): void {
    const before = this.#entries.get(id);
    if (before) this.#forget(id, before, entry);
    this.#entries.set(id, entry);
    if (!entry.silent) this.#changed.set(id, entry);
    if (isBad(entry.state)) for (const key of aroundOf(entry)) add(this.#badAround, key, id, entry);
    if (isUndecided(entry)) this.#undecided.set(id, entry);
    if (entry.state.cause !== null) add(this.#byCause, entry.state.cause, id, entry);
  }

  /** Takes it out of every index but those in which what comes after stands in its place. */
  #forget(id: string, entry: Entry, after?: Entry): void {
    const stays = after !== undefined && isBad(after.state) && after.silent === entry.silent;
    if (isBad(entry.state) && !stays) for (const key of aroundOf(entry)) remove(this.#badAround, key, id);
    this.#undecided.delete(id);
    if (entry.state.cause !== null && entry.state.cause !== after?.state.cause) remove(this.#byCause, entry.state.cause, id);
  }
}

/** Silent alerts are asked about by their own rule alone. */
const aroundOf = ({ rule, agent, task, silent }: Entry): readonly string[] => {
  const target = targetOf(task);
  const own = ownAround({ rule, agent, task });
  return silent ? own : [...own, `t ${target}`, `s ${agent}/${task}`];
};

const firstCause = (bucket: ReadonlyMap<string, Entry> | undefined): string | null => {
  let first: string | null = null;
  for (const { state } of bucket?.values() ?? []) if (state.cause !== null && (first === null || state.cause < first)) first = state.cause;
  return first;
};

const add = (index: Index, key: string, id: string, entry: Entry): void => {
  const bucket = index.get(key);
  if (bucket === undefined) index.set(key, new Map([[id, entry]]));
  else bucket.set(id, entry);
};

const remove = (index: Index, key: string, id: string): void => {
  const bucket = index.get(key);
  if (bucket === undefined) return;
  bucket.delete(id);
  if (bucket.size === 0) index.delete(key);
};
