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
  /** By the tags that the queries of pages name, so that one pair, or some agents, do not look at all. */
  const byTag = { task: new Map<string, Set<Entry>>(), agent: new Map<string, Set<Entry>>() };
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
    for (const [tag, byValue] of Object.entries(byTag)) {
      const value = entry.tags[tag] ?? '';
      const alike = byValue.get(value) ?? new Set();
      byValue.set(value, alike.add(entry));
    }
  };
  const reload = (): void => {
    generation += 1;
    for (const known of [byKey, byId, byTag.task, byTag.agent, byGroup, groups, inOrder]) known.clear();
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
  /** All that may match by the one tag that leaves the fewest; null when no such tag is named. */
  const candidates = (wanted: TagFilter): readonly Set<Entry>[] | null => {
    const found = Object.entries(byTag).flatMap(([tag, byValue]) => {
      const values = wanted[tag];
      if (values === undefined) return [];
      const sets = [...new Set(values)].flatMap((value) => byValue.get(value) ?? []);
      return [{ sets, size: sets.reduce((sum, { size }) => sum + size, 0) }];
    });
    return found.toSorted((a, b) => a.size - b.size)[0]?.sets ?? null;
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
      const sets = candidates(wanted);
      return sets === null
        ? ordered(measurement).filter(isWanted)
        : sets
            .flatMap((set) => [...set])
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
