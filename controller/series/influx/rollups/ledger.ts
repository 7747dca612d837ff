// Which hours of which part are to be rolled up: noted durably before the points go out, taken off when their windows are in and nothing has come since.
import type { Point, TagFilter } from '../../store.ts';
import { HOUR_MS } from '../../sqlite/plan.ts';
import type { NotedPart, PartName, RollUpNotes } from './notes.ts';

export interface Part extends PartName {
  readonly fromHour: number;
  /** Points of an hour that are read at once, as last seen; 0: not known, so one hour is looked at first. */
  pointsAnHour: number;
}

/** A run of hours of one part, oldest first. */
export interface Run {
  readonly part: Part;
  readonly hours: readonly number[];
  /** Takes them off, but for those that were written to meanwhile. */
  done(): Promise<void>;
}

/** A look at what a part has before its `fromHour`. */
export interface LookBack {
  readonly part: Part;
  /** These hours, the newest there are, are to be rolled up; null: there is nothing older. Nothing has changed when somebody has begun to write there meanwhile. */
  found(hours: readonly number[] | null): Promise<void>;
}

export interface Ledger {
  /** Notes what these points make stale. Resolves when that is durable; the function is for when they have been written, or have failed. */
  begin(points: readonly Point[], now: number): Promise<() => void>;
  /** Hours before this one that nobody is writing to, one and as many more as have about so many points at once; null when nothing is due. */
  next(beforeHour: number, points: number): Run | null;
  /** A part whose older hours have not been looked at, and to which nobody is writing there. */
  nextBehind(): LookBack | null;
  /** Forgets all that waits before this hour: it will be looked for anew. */
  postpone(hour: number): Promise<void>;
  /** Takes no hour before this one as rolled up any more: all of them will be looked for anew. */
  distrust(hour: number): Promise<void>;
  /** The parts that a filter names, when it names them all and they are known; null otherwise. */
  partsOf(
    measurement: string,
    tags: TagFilter,
  ): Promise<readonly { readonly fromHour: number; readonly waiting: readonly number[] }[] | null>;
  /** How many hours before this one wait. */
  due(beforeHour: number): number;
  /** Parts whose older hours have not all been looked at. */
  readonly behind: number;
}

interface Known extends Part {
  fromHour: number;
  /** So that another start knows of it. */
  isNoted: boolean;
  readonly waiting: Map<number, Hour>;
  /** All that lies before `fromHour`: a look back will find it. */
  readonly older: Hour;
}
interface Hour {
  /** Writes under way. */
  writing: number;
  /** So often has one begun. */
  changes: number;
  /** Resolves when it is durable that the hour waits. */
  noted: Promise<void>;
}

/** Before all hours: nothing older is to be looked for. */
const BEGINNING = 0;

export const openLedger = (notes: RollUpNotes): Ledger => {
  const parts = new Map<string, Known>();
  const withWaiting = new Set<Known>();
  const behind = new Set<Known>();
  let last: Promise<void> = Promise.resolve();

  /** One after the other, as they are decided. */
  const note = (work: () => Promise<void>): Promise<void> => (last = last.catch(() => {}).then(work));
  const hold = (part: Known, hour: number): Hour => {
    const known = part.waiting.get(hour);
    if (known !== undefined) return known;
    const fresh = untouched();
    part.waiting.set(hour, fresh);
    withWaiting.add(part);
    return fresh;
  };
  const add = ({ hours, ...rest }: NotedPart, isNoted: boolean): Known => {
    const part: Known = { ...rest, isNoted, waiting: new Map(), older: untouched(), pointsAnHour: 0 };
    parts.set(idOf(part.measurement, part.tag, part.value), part);
    if (part.fromHour > BEGINNING) behind.add(part);
    for (const hour of hours) hold(part, hour);
    return part;
  };
  const loaded = notes.read().then((all) => void all.map((part) => add(part, true)));
  loaded.catch(() => {}); // told by whoever waits for it

  return {
    async begin(points, now) {
      await loaded;
      const held = new Set<Hour>();
      const fresh = new Map<Known, Set<number>>();
      const touch = (part: Known, hour: number): void => {
        if (hour < part.fromHour && !part.waiting.has(hour)) return void held.add(part.older);
        if (!part.waiting.has(hour)) fresh.set(part, (fresh.get(part) ?? new Set()).add(hour));
        held.add(hold(part, hour));
      };
      for (const { measurement, tags, at } of points)
        for (const tag of OWNERS) {
          const value = tags[tag];
          if (value === undefined || value === '') continue; // stored as if it were not there
          let part = parts.get(idOf(measurement, tag, value));
          if (part === undefined) {
            part = add({ measurement, tag, value, fromHour: hourOf(now), hours: [] }, false);
            touch(part, part.fromHour); // what an earlier life of ours has written in this hour; what lies before is looked for
          }
          touch(part, hourOf(at));
        }
      if (fresh.size > 0) {
        const noted = note(() => notes.wait([...fresh].map(([part, hours]) => ({ ...nameOf(part), hours: [...hours] }))));
        for (const [part, hours] of fresh) for (const hour of hours) hold(part, hour).noted = noted;
        noted.then(
          () => {
            for (const part of fresh.keys()) part.isNoted = true;
          },
          () => forget(fresh),
        );
      }
      for (const hour of held) {
        hour.writing += 1;
        hour.changes += 1;
      }
      const release = (): void => {
        for (const hour of held) hour.writing -= 1;
      };
      try {
        await Promise.all(new Set([...held].map(({ noted }) => noted)));
      } catch (error) {
        release();
        throw error;
      }
      return release;
    },
    next(beforeHour, points) {
      let left = withWaiting.size;
      for (const part of withWaiting) {
        if (left === 0) break;
        left -= 1;
        withWaiting.delete(part);
        withWaiting.add(part); // the others come first the next time, also before those that are not ready
        const ready = [...part.waiting].filter(([hour, { writing }]) => hour < beforeHour && writing === 0);
        if (ready.length === 0) continue;
        const newest = Math.max(...ready.map(([hour]) => hour));
        const most = part.pointsAnHour === 0 ? 1 : Math.max(1, Math.min(HOURS_AT_ONCE, Math.floor(points / part.pointsAnHour)));
        const run = ready.filter(([hour]) => hour > newest - most).toSorted(([a], [b]) => a - b);
        const before = run.map(([hour, { changes }]) => ({ hour, changes }));
        return { part, hours: run.map(([hour]) => hour), done: () => done(part, before) };
      }
      return null;
    },
    nextBehind() {
      const part = behind.values().find(({ older }) => older.writing === 0);
      if (part === undefined) return null;
      behind.delete(part);
      behind.add(part); // one that is written to again and again does not hold up the others
      const { changes } = part.older;
      return { part, found: (hours) => (part.older.changes === changes ? reached(part, hours) : Promise.resolve()) };
    },
    async postpone(hour) {
      await loaded;
      await beginAt(
        hour,
        [...withWaiting].filter(({ waiting }) => waiting.entries().some(([one, { writing }]) => one < hour && writing === 0)),
      );
    },
    async distrust(hour) {
      await loaded;
      await beginAt(
        hour,
        [...parts.values()].filter(({ fromHour }) => fromHour < hour),
      );
    },
    async partsOf(measurement, tags) {
      await loaded;
      const tag = tags['agent'] !== undefined ? 'agent' : 'origin';
      const values = tags[tag];
      if (values === undefined) return null;
      const found = values.map((value) => parts.get(idOf(measurement, tag, value)));
      return found.every((part) => part !== undefined)
        ? found.map(({ fromHour, waiting }) => ({ fromHour, waiting: [...waiting.keys()] }))
        : null;
    },
    due(beforeHour) {
      let count = 0;
      for (const { waiting } of withWaiting) for (const hour of waiting.keys()) if (hour < beforeHour) count += 1;
      return count;
    },
    get behind() {
      return behind.size;
    },
  };

  /** What could not be noted is as if it had not come: whoever wanted to write is told, and comes again. */
  function forget(fresh: ReadonlyMap<Known, ReadonlySet<number>>): void {
    for (const [part, hours] of fresh) {
      for (const hour of hours) part.waiting.delete(hour);
      if (part.waiting.size === 0) withWaiting.delete(part);
      if (!part.isNoted && hours.has(part.fromHour)) part.fromHour += 1; // what an earlier life has written in it is looked for
    }
  }
  /** What lies before this hour is for a look back. Whoever writes there meanwhile waits until that is durable: a kill before it would leave it neither noted nor looked for. */
  async function beginAt(hour: number, late: readonly Known[]): Promise<void> {
    const before = late.map((part) => ({
      part,
      fromHour: part.fromHour,
      old: [...part.waiting].filter(([one, { writing }]) => one < hour && writing === 0),
    }));
    for (const { part, old } of before) {
      for (const [one] of old) part.waiting.delete(one);
      if (part.waiting.size === 0) withWaiting.delete(part);
      part.fromHour = hour;
      behind.add(part);
    }
    if (before.length === 0) return;
    const noted = noteWhole(late);
    for (const { older } of late) older.noted = noted;
    try {
      await noted;
    } catch (error) {
      for (const { part, fromHour, old } of before) {
        part.fromHour = fromHour;
        part.older.noted = Promise.resolve();
        for (const [one, as] of old) part.waiting.set(one, part.waiting.get(one) ?? as);
        if (part.waiting.size > 0) withWaiting.add(part);
        if (fromHour === BEGINNING) behind.delete(part);
      }
      throw error;
    }
  }
  async function noteWhole(some: readonly Known[]): Promise<void> {
    for (let start = 0; start < some.length; start += PARTS_AT_ONCE) {
      const these = some.slice(start, start + PARTS_AT_ONCE);
      await note(() => notes.replace(these.map((part) => ({ ...nameOf(part), hours: [...part.waiting.keys()] }))));
      for (const part of these) part.isNoted = true;
    }
  }
  async function reached(part: Known, hours: readonly number[] | null): Promise<void> {
    behind.delete(part);
    part.fromHour = hours === null ? BEGINNING : Math.min(...hours);
    for (const hour of hours ?? []) hold(part, hour).changes += 1;
    if (part.fromHour > BEGINNING) behind.add(part); // at the end: each part gets its turn
    await noteWhole([part]);
  }
  async function done(part: Known, before: readonly { readonly hour: number; readonly changes: number }[]): Promise<void> {
    const settled = before.filter(({ hour, changes }) => part.waiting.get(hour)?.changes === changes).map(({ hour }) => hour);
    for (const hour of settled) part.waiting.delete(hour);
    if (part.waiting.size === 0) withWaiting.delete(part);
    await note(() => notes.done(nameOf(part), settled));
  }
};

const HOURS_AT_ONCE = 24;
/** The control database has others who wait. */
const PARTS_AT_ONCE = 200;
const untouched = (): Hour => ({ writing: 0, changes: 0, noted: Promise.resolve() });

export const hourOf = (at: number): number => Math.floor(at / HOUR_MS);
const idOf = (measurement: string, tag: string, value: string): string => `${measurement}\u0000${tag}\u0000${value}`;
const nameOf = ({ measurement, tag, value, fromHour }: Part): Omit<NotedPart, 'hours'> => ({ measurement, tag, value, fromHour });

/** The tags that tell whose points they are. Points of nobody of ours are not rolled up. */
const OWNERS = ['agent', 'origin'] as const;
