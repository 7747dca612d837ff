// Hours of series that are to be rolled up: written down with the points that make them so, taken off with the roll-up that has done them.
import type { Db } from '../../../protocol/database.ts';

export interface Windows {
  readonly count: number;
  /** In order. */
  hoursOf(series: number): readonly number[];
  has(series: number, hour: number): boolean;
  /** Inside a transaction; `noteMarked` after it has been committed. */
  mark(series: number, hour: number): void;
  noteMarked(series: number, hour: number): void;
  /** Inside a transaction; `noteDone` after it. */
  done(series: number, hour: number): void;
  noteDone(series: number, hour: number): void;
  /** Some series and hour before this hour; null when there is none. */
  next(beforeHour: number): { readonly series: number; readonly hour: number } | null;
  reload(): void;
}

export const openWindows = (db: Db): Windows => {
  const insert = db.prepare('INSERT OR IGNORE INTO windows (series, hour) VALUES (?, ?)');
  const remove = db.prepare('DELETE FROM windows WHERE series = ? AND hour = ?');
  const bySeries = new Map<number, number[]>();
  let count = 0;
  const noteMarked = (series: number, hour: number): void => {
    const hours = bySeries.get(series);
    if (hours === undefined) bySeries.set(series, [hour]);
    else if (hours.includes(hour)) return;
    else {
      hours.push(hour);
      if (hour < (hours.at(-2) ?? hour)) hours.sort((a, b) => a - b);
    }
    count += 1;
  };
  const reload = (): void => {
    bySeries.clear();
    count = 0;
    for (const row of db.prepare('SELECT series, hour FROM windows ORDER BY series, hour').all())
      noteMarked(Number(row['series']), Number(row['hour']));
  };
  reload();
  return {
    get count() {
      return count;
    },
    hoursOf: (series) => bySeries.get(series) ?? [],
    has: (series, hour) => bySeries.get(series)?.includes(hour) ?? false,
    mark: (series, hour) => void insert.run(series, hour),
    noteMarked,
    done: (series, hour) => void remove.run(series, hour),
    noteDone(series, hour) {
      const hours = bySeries.get(series) ?? [];
      const at = hours.indexOf(hour);
      if (at < 0) return;
      hours.splice(at, 1);
      if (hours.length === 0) bySeries.delete(series);
      count -= 1;
    },
    next(beforeHour) {
      for (const [series, [hour]] of bySeries) if (hour !== undefined && hour < beforeHour) return { series, hour };
      return null;
    },
    reload,
  };
};
