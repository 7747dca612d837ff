// A query of the series store as InfluxQL: 1.x, 2.x and 3.x all speak this part of it. Pure.
import type { Aggregate, SeriesQuery, TagFilter } from '../store.ts';

export interface Source {
  readonly database: string;
  /** '': the default one. */
  readonly retentionPolicy: string;
}

export const identifier = (name: string): string => `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
export const literal = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;

const from = ({ retentionPolicy }: Source, measurement: string): string =>
  retentionPolicy === '' ? identifier(measurement) : `${identifier(retentionPolicy)}.${identifier(measurement)}`;

const conditions = (tags: TagFilter): string[] =>
  Object.entries(tags).map(([key, values]) =>
    values.length === 0 ? '1 = 0' : `(${values.map((value) => `${identifier(key)} = ${literal(value)}`).join(' OR ')})`,
  );

/** What InfluxQL can do itself; a sketch is merged by us. */
const FUNCTIONS: Readonly<Record<Exclude<Aggregate, 'sketch'>, string>> = {
  last: 'last',
  mean: 'mean',
  min: 'min',
  max: 'max',
  sum: 'sum',
  count: 'count',
};
export type Selected = readonly { readonly field: string; readonly aggregate: Exclude<Aggregate, 'sketch'> }[];

const range = (query: Pick<SeriesQuery, 'from' | 'to' | 'tags'>): string =>
  [`time >= ${Math.ceil(query.from)}ms`, `time < ${Math.ceil(query.to)}ms`, ...conditions(query.tags)].join(' AND ');

type Ranged = Pick<SeriesQuery, 'measurement' | 'from' | 'to' | 'tags'>;

/** Points as they were written; columns in the order of the fields. */
export const rawQuery = (source: Source, query: Ranged, fields: readonly string[], limit?: number): string =>
  `SELECT ${fields.map(identifier).join(', ')} FROM ${from(source, query.measurement)} WHERE ${range(query)} GROUP BY *${limitOf(limit)}`;

/** All fields of the points of a range: series by series, or the newest point alone, with its tags beside them. */
export const rangeQuery = (source: Source, query: Ranged, which: 'all' | 'newest' = 'all'): string =>
  `SELECT * FROM ${from(source, query.measurement)} WHERE ${range(query)} ${which === 'all' ? 'GROUP BY *' : 'ORDER BY time DESC LIMIT 1'}`;

/** Buckets that begin at whole multiples of the width; empty ones are left out. */
export const bucketQuery = (source: Source, query: Ranged, selected: Selected, bucketMs: number, limit?: number): string => {
  const columns = selected.map(({ field, aggregate }) => `${FUNCTIONS[aggregate]}(${identifier(field)})`);
  const where = `WHERE ${range(query)} GROUP BY time(${bucketMs}ms), * fill(none)${limitOf(limit)}`;
  return `SELECT ${columns.join(', ')} FROM ${from(source, query.measurement)} ${where}`;
};

/** Points since `from` of all series that match as one list, the newest first, with their tags beside them. */
export const recentQuery = (
  source: Source,
  { measurement, tags, from: since }: Pick<SeriesQuery, 'measurement' | 'tags' | 'from'>,
  fields: readonly string[],
  limit: number,
): string => {
  const where = [`time >= ${Math.ceil(since)}ms`, ...conditions(tags)].join(' AND ');
  return `SELECT ${fields.map(identifier).join(', ')}, *::tag FROM ${from(source, measurement)} WHERE ${where} ORDER BY time DESC LIMIT ${limit}`;
};

/** The newest point of every series that matches. */
export const latestQuery = (source: Source, measurement: string, tags: TagFilter, fields?: readonly string[]): string => {
  const where = conditions(tags).join(' AND ');
  const columns = fields === undefined ? '*' : fields.map(identifier).join(', ');
  return `SELECT ${columns} FROM ${from(source, measurement)}${where === '' ? '' : ` WHERE ${where}`} GROUP BY * ORDER BY time DESC LIMIT 1`;
};

/** The keys of the series that match, from the index alone: 1.x and 2.x. */
export const seriesQuery = (source: Source, measurement: string, tags: TagFilter): string => {
  const where = conditions(tags).join(' AND ');
  return `SHOW SERIES FROM ${from(source, measurement)}${where === '' ? '' : ` WHERE ${where}`}`;
};

const limitOf = (limit: number | undefined): string => (limit === undefined ? '' : ` LIMIT ${limit}`);

/** So many points of one measurement in the order of time, with their tags as columns. */
export const pageQuery = (source: Source, query: Omit<Ranged, 'tags'>, limit: number, offset: number): string =>
  `SELECT * FROM ${from(source, query.measurement)} WHERE ${range({ ...query, tags: {} })} ORDER BY time LIMIT ${limit} OFFSET ${offset}`;
