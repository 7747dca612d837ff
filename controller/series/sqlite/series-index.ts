import type { Db } from '../../../protocol/database.ts';
import type { TagFilter } from '../store.ts';

type Tags = Readonly<Record<string, string>>;
export interface Known {
  readonly id: number;
  readonly measurement: string;
  readonly tags: Tags;
  /** Series of one measurement and one agent are sealed together. */
  readonly group: number;
}

/** Which series there are: all in memory, since their number is agents times tasks. */
export interface SeriesIndex {
  /** A new one is made inside the transaction. */
  take(measurement: string, tags: Tags): Known;
  find(id: number): Known | null;
  all(): Iterable<Known>;
  /** Of one group, in the order of their ids. */
  ofGroup(group: number): readonly Known[];
  /** In the order of their tags. */
  matching(measurement: string, wanted: TagFilter): readonly Known[];
  /** Series without a point; inside a transaction, then `reload`. */
  forget(ids: readonly number[]): void;
  /** Changes whenever an answer of `take` may be over. */
  generation(): number;
  reload(): void;
}

/** In memory beside what is known: the tags as one text, for the order. */
interface Entry extends Known {
  readonly text: string;
}

export const openSeriesIndex = (db: Db): SeriesIndex => {
  const insert = db.prepare('INSERT INTO series (measurement, tags, "group") VALUES (?, ?, ?)');
  const insertGroup = db.prepare('INSERT INTO groups (measurement, agent) VALUES (?, ?)');
  const remove = db.prepare('DELETE FROM series WHERE id = ?');
  const byKey = new Map<string, Entry>();
  const byId = new Map<number, Entry>();
  /** By the task, which every query of a page names, so that one pair does not look at all. */
  const byTask = new Map<string, Set<Entry>>();
  const byGroup = new Map<number, Entry[]>();
  const groups = new Map<string, number>();
  /** Everything of one measurement in order; sorted anew after a series has been added. */
  const inOrder = new Map<string, readonly Entry[]>();
  let generation = 0;
  const remember = (entry: Entry): void => {
    byKey.set(`${entry.measurement} ${entry.text}`, entry);
    inOrder.delete(entry.measurement);
    byId.set(entry.id, entry);
    const members = byGroup.get(entry.group);
    if (members === undefined) byGroup.set(entry.group, [entry]);
    else members.push(entry);
    const task = entry.tags['task'] ?? '';
    const of = byTask.get(task) ?? new Set();
    byTask.set(task, of.add(entry));
  };
  const reload = (): void => {
    generation += 1;
    for (const known of [byKey, byId, byTask, byGroup, groups, inOrder]) known.clear();
    for (const row of db.prepare('SELECT id, measurement, agent FROM groups').all())
      groups.set(`${String(row['measurement'])} ${String(row['agent'])}`, Number(row['id']));
    for (const row of db.prepare('SELECT id, measurement, tags, "group" FROM series ORDER BY id').all()) {
      const text = String(row['tags']);
      const tags = JSON.parse(text) as Tags; // Border: our own column.
      remember({ id: Number(row['id']), measurement: String(row['measurement']), tags, text, group: Number(row['group']) });
    }
  };
  const groupOf = (measurement: string, tags: Tags): number => {
    const agent = tags['agent'] ?? tags['host'] ?? '';
    const known = groups.get(`${measurement} ${agent}`);
    if (known !== undefined) return known;
    const id = Number(insertGroup.run(measurement, agent).lastInsertRowid);
    groups.set(`${measurement} ${agent}`, id);
    return id;
  };
  const ordered = (measurement: string): readonly Entry[] => {
    const known = inOrder.get(measurement);
    if (known !== undefined) return known;
    const entries = [...byId.values()].filter((entry) => entry.measurement === measurement).sort(byText);
    inOrder.set(measurement, entries);
    return entries;
  };
  reload();
  return {
    take(measurement, tags) {
      const text = canonical(tags);
      const known = byKey.get(`${measurement} ${text}`);
      if (known !== undefined) return known;
      const group = groupOf(measurement, tags);
      const id = Number(insert.run(measurement, text, group).lastInsertRowid);
      const entry = { id, measurement, tags: JSON.parse(text) as Tags, text, group }; // Border: a copy of ours in sorted order.
      remember(entry);
      return entry;
    },
    find: (id) => byId.get(id) ?? null,
    all: () => byId.values(),
    ofGroup: (group) => byGroup.get(group) ?? [],
    matching(measurement, wanted) {
      const filters = Object.entries(wanted).map(([tag, values]) => [tag, new Set(values)] as const);
      const isWanted = (entry: Entry): boolean =>
        entry.measurement === measurement && filters.every(([tag, values]) => values.has(entry.tags[tag] ?? ''));
      const tasks = wanted['task'];
      return tasks === undefined
        ? ordered(measurement).filter(isWanted)
        : [...new Set(tasks)]
            .flatMap((task) => [...(byTask.get(task) ?? [])])
            .filter(isWanted)
            .sort(byText);
    },
    forget(ids) {
      for (const id of ids) remove.run(id);
    },
    generation: () => generation,
    reload,
  };
};

const byText = (a: Entry, b: Entry): number => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0);

const canonical = (tags: Tags): string =>
  JSON.stringify(Object.fromEntries(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))));
