import type { SequenceRange } from '../../protocol/acknowledgement.ts';
import type { Db } from '../../protocol/database.ts';
import { emptySet, type RangeSet } from './ranges.ts';

/** The sets of one transaction: what is read comes from memory or the file, what is changed is kept only when the transaction commits. */
export interface SequenceSets {
  read(agent: string, epoch: string): RangeSet;
  change(agent: string, epoch: string, set: RangeSet): void;
  /** Writes the changed sets inside the transaction that is open. */
  write(at: number): void;
  committed(): void;
  rolledBack(): void;
  /** Forgets the sets of epochs that nobody has touched since `before`, and the longest untouched beyond `most` an agent. */
  prune(before: number, most: number): void;
}

/** Sets in memory at most; an agent in a crash loop makes a new epoch every few seconds. */
const KEPT_IN_MEMORY = 20_000;

export const openSequenceSets = (db: Db): SequenceSets => {
  const select = db.prepare('SELECT floor, ranges FROM sequences WHERE agent = ? AND epoch = ?');
  const upsert = db.prepare(
    `INSERT INTO sequences (agent, epoch, floor, ranges, touched_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET floor = excluded.floor, ranges = excluded.ranges, touched_at = excluded.touched_at`,
  );
  const known = new Map<string, RangeSet>();
  const changed = new Map<string, { agent: string; epoch: string; set: RangeSet }>();
  const load = (agent: string, epoch: string): RangeSet => {
    const row = select.get(agent, epoch);
    return row === undefined ? emptySet : { floor: Number(row['floor']), ranges: rangesOf(row['ranges']) };
  };
  return {
    read(agent, epoch) {
      const key = `${agent} ${epoch}`;
      const set = changed.get(key)?.set ?? known.get(key);
      if (set !== undefined) return set;
      const loaded = load(agent, epoch);
      if (known.size >= KEPT_IN_MEMORY) known.clear();
      known.set(key, loaded);
      return loaded;
    },
    change: (agent, epoch, set) => void changed.set(`${agent} ${epoch}`, { agent, epoch, set }),
    write(at) {
      for (const { agent, epoch, set } of changed.values()) upsert.run(agent, epoch, set.floor, JSON.stringify(set.ranges), at);
    },
    committed() {
      for (const [key, { set }] of changed) known.set(key, set);
      changed.clear();
    },
    rolledBack: () => changed.clear(),
    prune(before, most) {
      db.prepare('DELETE FROM sequences WHERE touched_at < ?').run(before);
      db.prepare(
        `DELETE FROM sequences WHERE (agent, epoch) IN (SELECT agent, epoch FROM
         (SELECT agent, epoch, row_number() OVER (PARTITION BY agent ORDER BY touched_at DESC) AS age FROM sequences) WHERE age > ?)`,
      ).run(most);
      known.clear();
    },
  };
};

const rangesOf = (text: unknown): SequenceRange[] => JSON.parse(String(text)) as SequenceRange[]; // Border: our own column, written above.
