import type { FieldValue, SeriesRow } from './store.ts';

/** Rows of counters as what they rise per second since the row before that has one; null where one fell, which is where it began anew.
 * `columns`: which ones. Rows before `from` are only there to rise from. Pure. */
export const ratesIn = (rows: readonly SeriesRow[], columns: readonly number[], from: number): SeriesRow[] => {
  const before = new Map<number, readonly [at: number, value: number]>();
  return rows.flatMap((row): SeriesRow[] => {
    const [at, ...values] = row;
    const risen = values.map((value, i): FieldValue | null => {
      if (!columns.includes(i + 1)) return value;
      if (typeof value !== 'number') return null;
      const last = before.get(i + 1);
      before.set(i + 1, [at, value]);
      return last === undefined || value < last[1] ? null : ((value - last[1]) * 1_000) / (at - last[0]);
    });
    return at < from ? [] : [[at, ...risen]];
  });
};
