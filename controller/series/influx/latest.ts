// The newest point of every series. One by one they cost InfluxDB 100 µs each, and more the longer it keeps points; so the last hour is read as one
// list, the newest first, and only the series that are not in it are asked for one by one.
import type { FieldValue, Point, Series, SeriesQuery, SeriesStore, TagFilter } from '../store.ts';
import type { Table } from './answer.ts';
import { recentQuery } from './influxql.ts';
import { byTags, canonical, latestOfEach } from './query.ts';
import type { Reader } from './reader.ts';

const RECENT_MS = 3_600_000;
/** Rows that are read of the list for each series: one would do if all were measured at one pace and came at once. */
const ROWS_EACH = 1.5;
/** Series that may have come since the list of them was made. */
const SPARE_SERIES = 100;

type Tags = Series['tags'];

export interface LatestQuestion extends Pick<SeriesQuery, 'measurement' | 'tags'> {
  /** All, unless said. */
  readonly fields: readonly string[] | undefined;
}

/** In the order of their tags, which is that of `list` too; its answer may be minutes old. */
export const latestPoints = async (
  reader: Reader,
  list: SeriesStore['listSeries'],
  now: number,
  { measurement, tags, fields }: LatestQuestion,
): Promise<Point[]> => {
  const oneByOne = (of: TagFilter): Promise<Point[]> => latestOfEach(reader, measurement, of, fields);
  const { dialect } = await reader.connection.ready();
  if (fields === undefined || fields.length === 0 || dialect.major === 3) return byTags(await oneByOne(tags)); // 3.x has no list of series
  const series = await list(measurement, tags);
  if (series.some((one) => fields.some((field) => Object.hasOwn(one, field)))) return byTags(await oneByOne(tags)); // two columns of one name
  const limit = Math.ceil(ROWS_EACH * series.length) + SPARE_SERIES;
  const recent = recentQuery(reader.source, { measurement, tags, from: now - RECENT_MS }, fields, limit);
  const newest = openNewest(measurement, series, fields.length);
  for await (const table of reader.askInParts(recent)) newest.take(table);
  const { points, missing, others } = newest.found();
  if (missing.length === 0 && others.size === 0) return points;
  const rest = missing.length === 0 ? [] : await oneByOne({ ...tags, ...filterFor(missing) });
  const unseen = new Set(missing.map(canonical));
  return byTags([...points, ...others.values(), ...rest.filter((point) => unseen.has(canonical(point.tags)))]);
};

interface Newest {
  /** Rows with the newest first; columns are the time, the fields, and the tags. */
  take(table: Table): void;
  /** `points` in the order of the series; `others` are of series that are not among them. */
  found(): { readonly points: Point[]; readonly missing: readonly Tags[]; readonly others: ReadonlyMap<string, Point> };
}

const openNewest = (measurement: string, series: readonly Tags[], fieldCount: number): Newest => {
  const points: (Point | undefined)[] = series.map(() => undefined);
  const others = new Map<string, Point>();
  return {
    take({ columns, rows }) {
      const names = columns.slice(1 + fieldCount);
      const places = placesOf(series, names);
      for (const row of rows) {
        const key = row.slice(1 + fieldCount).join(BETWEEN);
        const place = places.get(key);
        if (place === undefined ? others.has(key) : points[place] !== undefined) continue;
        const fields: Record<string, FieldValue> = {};
        for (let i = 1; i <= fieldCount; i += 1) {
          const value = row[i] ?? null;
          if (value !== null) fields[columns[i] ?? ''] = value;
        }
        const at = Number(row[0]);
        if (place === undefined) others.set(key, { measurement, tags: tagsOf(names, row.slice(1 + fieldCount)), at, fields });
        else points[place] = { measurement, tags: series[place] ?? {}, at, fields };
      }
    },
    found: () => ({
      points: points.filter((point) => point !== undefined),
      missing: series.filter((_, i) => points[i] === undefined),
      others,
    }),
  };
};

/** No tag has it. */
const BETWEEN = '\n';

const tagsOf = (names: readonly string[], values: Table['rows'][number]): Tags =>
  Object.fromEntries(names.flatMap((name, i) => ((values[i] ?? '') === '' ? [] : [[name, String(values[i])]])));

/** Which series has these tags; made once for a list, which is kept for minutes. */
const placesOf = (series: readonly Tags[], names: readonly string[]): ReadonlyMap<string, number> => {
  const columns = names.join(BETWEEN);
  const known = placesIn.get(series);
  if (known?.columns === columns) return known.places;
  const places = new Map(series.map((tags, i) => [names.map((name) => tags[name] ?? '').join(BETWEEN), i]));
  placesIn.set(series, { columns, places });
  return places;
};
const placesIn = new WeakMap<readonly Tags[], { readonly columns: string; readonly places: ReadonlyMap<string, number> }>();

/** Matches these series, and perhaps some that share their tags. */
const filterFor = (series: readonly Tags[]): TagFilter => {
  const common = Object.keys(series[0] ?? {}).filter((key) => series.every((tags) => tags[key] !== undefined));
  return Object.fromEntries(common.map((key) => [key, [...new Set(series.map((tags) => tags[key] ?? ''))]]));
};
