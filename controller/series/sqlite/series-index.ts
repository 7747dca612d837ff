import type { Db } from '../../../protocol/database.ts';

type Tags = Readonly<Record<string, string>>;
interface Known {
  readonly id: number;
  readonly measurement: string;
  readonly tags: Tags;
}

/** Which series there are: all in memory, since their number is agents times tasks. */
export interface SeriesIndex {
  /** The series' number; a new one is made inside the transaction. */
  id(measurement: string, tags: Tags): number;
  /** In the order of their tags. */
  matching(measurement: string, wanted: Readonly<Record<string, readonly string[]>>): readonly Known[];
  all(): readonly Known[];
  find(id: number): Known | null;
  /** How many points; a series without any is forgotten. */
  deleteBefore(before: number): number;
  reload(): void;
}

export const openSeriesIndex = (db: Db): SeriesIndex => {
  const insert = db.prepare('INSERT INTO series (measurement, tags) VALUES (?, ?)');
  const remove = db.prepare('DELETE FROM points WHERE series = ? AND at < ?');
  const forget = db.prepare('DELETE FROM series WHERE id = ? AND NOT EXISTS (SELECT 1 FROM points WHERE series = id)');
  const byKey = new Map<string, Known>();
  const byId = new Map<number, Known>();
  /** By the task, which every query of a page names, so that one pair does not look at all. */
  const byTask = new Map<string, Set<Known>>();
  const remember = (known: Known, text: string): void => {
    byKey.set(`${known.measurement} ${text}`, known);
    byId.set(known.id, known);
    const task = known.tags['task'] ?? '';
    const of = byTask.get(task) ?? new Set();
    byTask.set(task, of.add(known));
  };
  const reload = (): void => {
    byKey.clear();
    byId.clear();
    byTask.clear();
    for (const row of db.prepare('SELECT id, measurement, tags FROM series').all()) {
      const text = String(row['tags']);
      remember({ id: Number(row['id']), measurement: String(row['measurement']), tags: JSON.parse(text) as Tags }, text); // Border: our own column.
    }
  };
  reload();
  return {
    id(measurement, tags) {
      const text = canonical(tags);
      const known = byKey.get(`${measurement} ${text}`);
      if (known !== undefined) return known.id;
      const id = Number(insert.run(measurement, text).lastInsertRowid);
      remember({ id, measurement, tags: JSON.parse(text) as Tags }, text); // Border: a copy of ours in sorted order.
      return id;
    },
    matching(measurement, wanted) {
      const tasks = wanted['task'];
      const candidates = tasks === undefined ? [...byKey.values()] : tasks.flatMap((task) => [...(byTask.get(task) ?? [])]);
      return candidates
        .filter((known) => known.measurement === measurement && isWanted(known.tags, wanted))
        .sort((a, b) => compare(canonical(a.tags), canonical(b.tags)));
    },
    all: () => [...byKey.values()],
    find: (id) => byId.get(id) ?? null,
    deleteBefore(before) {
      let deleted = 0;
      for (const { id } of byKey.values()) {
        const changes = Number(remove.run(id, before).changes);
        deleted += changes;
        if (changes > 0) forget.run(id);
      }
      reload();
      return deleted;
    },
    reload,
  };
};

const canonical = (tags: Tags): string => JSON.stringify(Object.fromEntries(Object.entries(tags).sort(([a], [b]) => compare(a, b))));
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const isWanted = (tags: Tags, wanted: Readonly<Record<string, readonly string[]>>): boolean =>
  Object.entries(wanted).every(([key, values]) => values.includes(tags[key] ?? ''));
