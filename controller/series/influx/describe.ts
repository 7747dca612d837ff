// What the database holds, and a walk over all of it.
import * as z from 'zod';
import type { MeasurementView, Point, SeriesStore } from '../store.ts';
import type { Table } from './answer.ts';
import { InfluxFailure } from './failure.ts';
import { identifier, pageQuery, seriesQuery } from './influxql.ts';
import { fieldsOf } from './query.ts';
import type { Reader } from './reader.ts';

const VALUES_SHOWN = 100;
/** Of one measurement: an answer of a megabyte at most. */
const SERIES_COUNTED = 10_000;
const TYPES: Readonly<Record<string, MeasurementView['fields'][number]['type']>> = {
  float: 'float',
  integer: 'int',
  unsigned: 'int',
  string: 'string',
  boolean: 'bool',
};

/** Measurements by name. The number of series is null where there are very many, or the server does not tell (3.x). */
export const describePlace = async (reader: Reader): Promise<MeasurementView[]> => {
  const [fields, values] = await Promise.all([reader.ask('SHOW FIELD KEYS'), tagValues(reader)]);
  const measurements = fields.toSorted((a, b) => compare(a.name, b.name));
  return Promise.all(
    measurements.map(async (table) => ({
      measurement: table.name,
      series: await seriesIn(reader, table.name),
      fields: table.rows
        .map(([field, type]) => ({ field: String(field), type: TYPES[String(type)] ?? 'float' }))
        .toSorted((a, b) => compare(a.field, b.field)),
      tags: values.get(table.name) ?? [],
    })),
  );
};

const tagValues = async (reader: Reader): Promise<Map<string, MeasurementView['tags']>> => {
  const keys = await keysOf(reader);
  const all = [...new Set([...keys.values()].flat())];
  const tables = await Promise.all(all.map((key) => reader.ask(`SHOW TAG VALUES WITH KEY = ${identifier(key)} LIMIT ${VALUES_SHOWN}`)));
  const byMeasurement = new Map<string, { tag: string; values: string[] }[]>();
  for (const { name, rows } of tables.flat()) {
    const byTag = Map.groupBy(rows, ([key]) => String(key));
    const tags = [...byTag].map(([tag, found]) => ({ tag, values: found.map(([, value]) => String(value)).toSorted(compare) }));
    byMeasurement.set(
      name,
      [...(byMeasurement.get(name) ?? []), ...tags].toSorted((a, b) => compare(a.tag, b.tag)),
    );
  }
  return byMeasurement;
};

const keysOf = async (reader: Reader): Promise<Map<string, string[]>> =>
  new Map((await reader.ask('SHOW TAG KEYS')).map(({ name, rows }) => [name, rows.map(([key]) => String(key))]));

/** null: more than are counted, or it does not tell. Counted are the keys themselves, because 1.x adds its CARDINALITY up over shards: 8 series of 31 weeks are 248. */
const seriesIn = async (reader: Reader, measurement: string): Promise<number | null> => {
  try {
    const tables = await reader.ask(
      `${seriesQuery({ ...reader.source, retentionPolicy: '' }, measurement, {})} LIMIT ${SERIES_COUNTED + 1}`,
    );
    const found = tables.reduce((sum, { rows }) => sum + rows.length, 0);
    return found > SERIES_COUNTED ? null : found;
  } catch (error) {
    if (error instanceof InfluxFailure && (error.kind === 'failing' || error.kind === 'refused-lines')) return null;
    throw error;
  }
};

/** Where the walk stands: the measurement, the time of the last point, and how many points of that time have been given. */
const Place = z.tuple([z.string(), z.number(), z.int()]);

export const scanPlace: (reader: Reader, range: Parameters<SeriesStore['scan']>[0]) => ReturnType<SeriesStore['scan']> = async (
  reader,
  { from, to, after, limit },
) => {
  const names = (await reader.ask('SHOW MEASUREMENTS')).flatMap(({ rows }) => rows.map(([name]) => String(name))).toSorted(compare);
  const [measurement, at, skip] = after === null ? [names[0], from, 0] : Place.parse(JSON.parse(after));
  if (measurement === undefined) return { points: [], next: null };
  const tags = new Set((await keysOf(reader)).get(measurement));
  const [table] = await reader.ask(pageQuery(reader.source, { measurement, from: at, to }, limit, skip));
  const points = table === undefined ? [] : pointsOf(measurement, table, tags);
  const last = points.at(-1);
  if (last !== undefined && points.length >= limit) {
    const given = points.filter((point) => point.at === last.at).length + (last.at === at ? skip : 0);
    return { points, next: JSON.stringify([measurement, last.at, given]) };
  }
  const following = names[names.indexOf(measurement) + 1];
  return { points, next: following === undefined ? null : JSON.stringify([following, from, 0]) };
};

const pointsOf = (measurement: string, { columns, rows }: Table, tags: ReadonlySet<string>): Point[] =>
  rows.map((row) => ({
    measurement,
    tags: Object.fromEntries(
      columns.flatMap((column, i) => (tags.has(column) && row[i] !== null && row[i] !== '' ? [[column, String(row[i])]] : [])),
    ),
    at: Number(row[0]),
    fields: fieldsOf(columns, row, (column) => tags.has(column)),
  }));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
