import type { Asked } from '../../protocol/ask.ts';
import { csvRows } from './csv.ts';

/** A row a point: its time (ISO 8601, UTC), its tags, its values. An empty field is "none". */
export const askedAsCsv = ({ columns, series }: Asked): string => {
  const tags = [...new Set(series.flatMap((one) => Object.keys(one.tags)))].sort();
  const head = ['time', ...tags, ...columns.map(({ name }) => name)];
  const rows = series.flatMap((one) =>
    one.rows.map(([at, ...values]) => [
      new Date(Number(at)).toISOString(),
      ...tags.map((tag) => one.tags[tag] ?? ''),
      ...values.map(plain),
    ]),
  );
  return csvRows([head, ...rows]);
};

const plain = (value: number | string | boolean | null): string | number | null => (typeof value === 'boolean' ? String(value) : value);
