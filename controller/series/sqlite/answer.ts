// What the store's thread answers: all numbers of all series in one array that changes hands, tags of a series only the first time.
import { type FieldValue, type Point, type Series, type SeriesRow } from '../store.ts';
import type { Column } from './codec/chunk.ts';
import { type StoredType, valueOf } from './dictionary.ts';

type Tags = Readonly<Record<string, string>>;

/** Series by their numbers, with the tags of those that the other side does not know yet. */
export interface PackedNames {
  readonly ids: readonly number[];
  readonly fresh: readonly { readonly id: number; readonly measurement: string; readonly tags: Tags }[];
}

export interface PackedAnswer extends PackedNames {
  readonly types: readonly StoredType[];
  /** How many rows each series has. */
  readonly lengths: readonly number[];
  /** Series by series: its times, then a value for each row of each field. Texts by their place in `texts`; NaN is none. */
  readonly numbers: Float64Array;
  readonly texts: readonly string[];
}

export interface AnswerPart {
  readonly id: number;
  readonly measurement: string;
  readonly tags: Tags;
  readonly at: Float64Array;
  /** One for each type. */
  readonly columns: readonly (Column | null)[];
}

/** `told` are the series whose tags the other side knows. */
export const packAnswer = (types: readonly StoredType[], parts: readonly AnswerPart[], told: Set<number>): PackedAnswer => {
  const size = parts.reduce((sum, { at }) => sum + at.length * (1 + types.length), 0);
  const numbers = new Float64Array(size);
  const texts: string[] = [];
  const places = new Map<string, number>();
  let next = 0;
  for (const { at, columns } of parts) {
    numbers.set(at, next);
    next += at.length;
    for (const column of columns) {
      const target = numbers.subarray(next, next + at.length);
      next += at.length;
      if (column === null) target.fill(Number.NaN);
      else if (column instanceof Float64Array) target.set(column);
      else for (const [row, text] of column.entries()) target[row] = text === null ? Number.NaN : placeOf(text, texts, places);
    }
  }
  return { ...packNames(parts, told), types, lengths: parts.map(({ at }) => at.length), numbers, texts };
};

export const packNames = (series: readonly PackedNames['fresh'][number][], told: Set<number>): PackedNames => {
  const fresh = series.filter(({ id }) => !told.has(id)).map(({ id, measurement, tags }) => ({ id, measurement, tags }));
  for (const { id } of fresh) told.add(id);
  return { ids: series.map(({ id }) => id), fresh };
};

const placeOf = (text: string, texts: string[], places: Map<string, number>): number => {
  const known = places.get(text);
  if (known !== undefined) return known;
  places.set(text, texts.length);
  texts.push(text);
  return texts.length - 1;
};

/** What the side that asks remembers: whose tags are whose. */
export type SeriesTags = Map<number, { readonly measurement: string; readonly tags: Tags }>;

/** Their tags; those of one series are the same object each time. */
export const unpackNames = (names: PackedNames, known: SeriesTags): Tags[] => {
  remember(names, known);
  return names.ids.map((id) => known.get(id)?.tags ?? {});
};

export const unpackSeries = (answer: PackedAnswer, known: SeriesTags): Series[] => {
  remember(answer, known);
  const { ids, types, lengths } = answer;
  const rowOf = rowReader(answer);
  let next = 0;
  return ids.map((id, i) => {
    const length = lengths[i] ?? 0;
    const from = next;
    next += length * (1 + types.length);
    const rows: SeriesRow[] = [];
    for (let row = 0; row < length; row += 1) rows.push(rowOf(from + row, length));
    return { tags: known.get(id)?.tags ?? {}, rows };
  });
};

/** Rows of an answer. `at` is where the row's time is, and `step` later each of its values. */
const rowReader = (answer: PackedAnswer): ((at: number, step: number) => SeriesRow) => {
  const { types, numbers } = answer;
  // Copies of a row of the right size: one that grows takes room for seventeen. A row of numbers alone keeps them in itself; otherwise each is an
  // object of its own, and there are tens of thousands of rows.
  const ofNumbers: SeriesRow = [0.5, ...types.map(() => 0.5)];
  const ofAny: SeriesRow = [0, ...types.map(() => null)];
  const allNumbers = types.every((type) => type === 'int' || type === 'float');
  const isWhole = (at: number, step: number): boolean => {
    for (let field = 1; field <= types.length; field += 1) if (Number.isNaN(numbers[at + step * field])) return false;
    return true;
  };
  return (at, step) => {
    const plain = allNumbers && isWhole(at, step);
    const row = (plain ? ofNumbers : ofAny).slice() as SeriesRow; // slice forgets that it is a tuple
    row[0] = numbers[at] ?? 0;
    for (let field = 1; field <= types.length; field += 1) {
      const value = numbers[at + step * field] ?? Number.NaN;
      if (plain) row[field] = value;
      else if (!Number.isNaN(value)) row[field] = read(answer, field - 1, value);
    }
    return row;
  };
};

/** One row a series; `names` are the fields. */
export const unpackPoints = (answer: PackedAnswer, names: readonly string[], known: SeriesTags): Point[] => {
  remember(answer, known);
  const { ids, lengths, numbers } = answer;
  const points: Point[] = [];
  let from = 0;
  for (const [i, id] of ids.entries()) {
    const length = lengths[i] ?? 0;
    const { measurement = '', tags = {} } = known.get(id) ?? {};
    for (let row = 0; row < length; row += 1) {
      const fields: Record<string, FieldValue> = {};
      for (let field = 0; field < names.length; field += 1) {
        const value = read(answer, field, numbers[from + length * (1 + field) + row]);
        if (value !== null) fields[names[field] ?? ''] = value;
      }
      points.push({ measurement, tags, at: numbers[from + row] ?? 0, fields });
    }
    from += length * (1 + names.length);
  }
  return points;
};

const remember = ({ fresh }: PackedNames, known: SeriesTags): void => {
  for (const { id, measurement, tags } of fresh) known.set(id, { measurement, tags });
};

const read = ({ types, texts }: PackedAnswer, field: number, value: number | undefined): FieldValue | null => {
  if (value === undefined || Number.isNaN(value)) return null;
  const type = types[field] ?? 'float';
  return type === 'string' ? (texts[value] ?? null) : valueOf(type, value);
};
