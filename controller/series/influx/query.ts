// Questions to the store as one or two questions in InfluxQL, and their answers as one.
import { parseSketches, SketchSum } from '../sqlite/codec/sketches.ts';
import type { FieldValue, Point, Series, SeriesQuery, SeriesRow, TagFilter } from '../store.ts';
import type { Table } from './answer.ts';
import { bucketQuery, latestQuery, rawQuery, type Selected, seriesQuery } from './influxql.ts';
import type { Reader } from './reader.ts';

/** What can only be done with numbers; InfluxQL refuses the whole query otherwise. */
const NUMBERS_ONLY = new Set(['mean', 'min', 'max', 'sum']);

/** Points as they were written. */
export const queryPoints = async (reader: Reader, query: SeriesQuery): Promise<Series[]> => {
  const names = query.fields.map(({ field }) => field);
  if (names.length === 0) return [];
  const tables = await reader.ask(rawQuery(reader.source, query, names, query.limit));
  return tables.map((table) => seriesOf(table, identity(names.length)));
};

/** Buckets of what lies in one place: points, or the windows of one tier. */
export const queryBuckets = async (reader: Reader, query: SeriesQuery, bucketMs: number): Promise<Series[]> => {
  const { fields, measurement, limit } = query;
  const { types } = reader.connection;
  await reader.connection.ready(); // types are known from then on
  const selected: { field: string; aggregate: Selected[number]['aggregate']; index: number }[] = [];
  const sketches: { field: string; index: number }[] = [];
  for (const [index, { field, aggregate }] of fields.entries()) {
    const type = types.known(measurement, field);
    if (aggregate === 'sketch') sketches.push({ field, index });
    else if (!(NUMBERS_ONLY.has(aggregate) && (type === 'string' || type === 'boolean'))) selected.push({ field, aggregate, index });
  }
  const [counted, merged] = await Promise.all([
    selected.length === 0 ? [] : reader.ask(bucketQuery(reader.source, query, selected, bucketMs, limit)),
    sketches.length === 0
      ? []
      : reader.ask(
          rawQuery(
            reader.source,
            query,
            sketches.map(({ field }) => field),
          ),
        ),
  ]);
  const width = fields.length;
  const parts = [
    ...counted.map((table) =>
      seriesOf(
        table,
        selected.map(({ index }) => index),
        width,
      ),
    ),
    ...merged.map((table): Series => {
      const points = seriesOf(table, identity(sketches.length));
      const rows = mergedSketches(points.rows, bucketMs);
      return {
        tags: points.tags,
        rows: rows.map((row) =>
          spread(
            row,
            sketches.map(({ index }) => index),
            width,
          ),
        ),
      };
    }),
  ];
  if (counted.length === 0 || merged.length === 0) return parts.map(({ tags, rows }) => ({ tags, rows: limited(rows, limit) }));
  return join(parts, limit);
};

/** Sketches by bucket. */
const mergedSketches = (rows: readonly SeriesRow[], bucketMs: number): SeriesRow[] => {
  const sum = new SketchSum();
  return [...Map.groupBy(rows, ([at]) => Math.floor(at / bucketMs) * bucketMs)].map(([at, inside]): SeriesRow => {
    const texts = (i: number): string[] => inside.flatMap((row) => (typeof row[i] === 'string' && row[i] !== '' ? [row[i]] : []));
    return [at, ...(inside[0]?.slice(1) ?? []).map((_, i) => merge(sum, texts(i + 1)))];
  });
};

/** One that cannot be read (another version's) is left out rather than spoiling the bucket; null when there is none. */
export const merge = (sum: SketchSum, texts: readonly string[]): string | null => {
  const column = parseSketches(texts) ?? parseSketches(texts.filter((text) => parseSketches([text]) !== null));
  if (column === null || column.starts.length === 1) return null;
  for (let i = 0; i + 1 < column.starts.length; i += 1) sum.add(column, i);
  return sum.take();
};

const identity = (length: number): number[] => Array.from({ length }, (_, index) => index);

/** Values to their places in the query's order; null elsewhere. */
const spread = ([at, ...values]: SeriesRow, places: readonly number[], width: number): SeriesRow => {
  const spreadOut = Array.from({ length: width }, (): FieldValue | null => null);
  for (const [i, place] of places.entries()) spreadOut[place] = values[i] ?? null;
  return [at, ...spreadOut];
};

const isRow = (row: unknown[]): row is SeriesRow => typeof row[0] === 'number';

/** Whether a row has more than its time. */
export const hasValue = (row: SeriesRow): boolean => {
  for (let i = 1; i < row.length; i += 1) if (row[i] !== null) return true;
  return false;
};

/** Without the rows that have nothing. */
const seriesOf = ({ tags, rows }: Table, places: readonly number[], width = places.length): Series => {
  const filled: SeriesRow[] = [];
  for (const row of rows) {
    if (!isRow(row) || !hasValue(row)) continue;
    filled.push(width === places.length ? row : spread(row, places, width));
  }
  return { tags, rows: filled };
};

/** Of the same series always the same, and in the order of tags: `[[name, value], …]` in JSON, mostly without a detour over arrays: a mesh has ten thousand. */
export const canonical = (tags: Series['tags']): string => {
  let [text, plain, before] = ['', '', ''];
  for (const name in tags) {
    if (name < before) return canonicalOfAny(tags);
    const value = tags[name] ?? '';
    text += `${text === '' ? '[' : ','}["${name}","${value}"]`;
    plain += name + value;
    before = name;
  }
  return PLAIN.test(plain) && text !== '' ? `${text}]` : canonicalOfAny(tags);
};
/** What JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;
const canonicalOfAny = (tags: Series['tags']): string => JSON.stringify(Object.entries(tags).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** The answers to both questions as one: a bucket has what either of them knows. */
const join = (parts: readonly Series[], limit: number | undefined): Series[] =>
  [...Map.groupBy(parts, ({ tags }) => canonical(tags)).values()].map((same) => {
    const [first] = same;
    if (same.length === 1 && first !== undefined) return { tags: first.tags, rows: limited(first.rows, limit) };
    const byTime = new Map<number, SeriesRow>();
    for (const { rows } of same)
      for (const row of rows) {
        const [at, ...values] = row;
        const other = byTime.get(at);
        byTime.set(at, other === undefined ? row : [at, ...values.map((value, i) => value ?? other[i + 1] ?? null)]);
      }
    return {
      tags: first?.tags ?? {},
      rows: limited(
        [...byTime.values()].toSorted(([a], [b]) => a - b),
        limit,
      ),
    };
  });

const limited = (rows: readonly SeriesRow[], limit: number | undefined): readonly SeriesRow[] =>
  limit === undefined ? rows : rows.slice(0, limit);

/** The newest point of every series, asked for one by one. */
export const latestOfEach = async (reader: Reader, measurement: string, tags: TagFilter, fields?: readonly string[]): Promise<Point[]> => {
  const tables = await reader.ask(latestQuery(reader.source, measurement, tags, fields));
  return tables.flatMap(({ tags: of, columns, rows }): Point[] => {
    const [row] = rows;
    return row === undefined ? [] : [{ measurement, tags: of, at: Number(row[0]), fields: fieldsOf(columns, row) }];
  });
};

/** The tags of every series that any of the places has, in their order. */
export const listTags = async (readers: readonly Reader[], measurement: string, tags: TagFilter): Promise<Series['tags'][]> => {
  const found = (await Promise.all(readers.map((reader) => tagsIn(reader, measurement, tags)))).flat();
  const once = readers.length === 1 ? found : new Map(found.map((one) => [canonical(one), one])).values();
  return byTags([...once].map((one) => ({ tags: one }))).map((one) => one.tags);
};

/** 3.x has no index to ask, so there the points are. */
const tagsIn = async (reader: Reader, measurement: string, tags: TagFilter): Promise<Series['tags'][]> => {
  const { dialect } = await reader.connection.ready();
  if (dialect.major === 3) return (await latestOfEach(reader, measurement, tags)).map((point) => point.tags);
  const tables = await reader.ask(seriesQuery(reader.source, measurement, tags));
  return tables.flatMap(({ rows }) => rows.map(([key]) => tagsOfKey(String(key))));
};

/** `ping,agent=ams1,site=New\ York` to tags: commas, spaces and equals signs that belong to a name or a value have a backslash before them. */
export const tagsOfKey = (key: string): Series['tags'] => {
  const [, ...pairs] = key.split(/(?<!\\),/);
  return Object.fromEntries(
    pairs.map((pair) => {
      const equals = pair.search(/(?<!\\)=/);
      return [unescaped(pair.slice(0, equals)), unescaped(pair.slice(equals + 1))];
    }),
  );
};

const unescaped = (text: string): string => text.replace(/\\([, =])/g, '$1');

/** What a row has, without its time; null is what it has not. */
export const fieldsOf = (
  columns: Table['columns'],
  row: Table['rows'][number],
  isTag = (_column: string): boolean => false,
): Point['fields'] => {
  const fields: Record<string, FieldValue> = {};
  for (let i = 0; i < columns.length; i += 1) {
    const [column = 'time', value = null] = [columns[i], row[i]];
    if (value !== null && column !== 'time' && !isTag(column)) fields[column] = value;
  }
  return fields;
};

/** Those that have rows, in the order of their tags. */
export const sorted = (series: readonly Series[]): Series[] => byTags(series.filter(({ rows }) => rows.length > 0));

/** In the order of their tags. */
export const byTags = <T extends { readonly tags: Series['tags'] }>(items: readonly T[]): T[] =>
  items
    .map((item) => ({ item, key: canonical(item.tags) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ item }) => item);
