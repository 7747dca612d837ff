// Points as InfluxDB gives them to the windows of each tier. Pure: done again it gives the same.
import { type Column, noNumbers, noTexts, type Rows } from '../../sqlite/codec/chunk.ts';
import { isSketch, rollUp } from '../../sqlite/rollup.ts';
import { columnKey, COUNT, fieldOfKey, MAX, MIN, statOfKey, SUM } from '../../sqlite/stats.ts';
import { type FieldValue, type Point, TIER_MS } from '../../store.ts';
import type { Table } from '../answer.ts';
import type { FieldTypes, InfluxType } from '../field-types.ts';
import { keeps, windowField } from './fields.ts';
import { hourOf } from './ledger.ts';

/** A field of the points. */
export interface RolledField {
  readonly name: string;
  readonly type: InfluxType;
  readonly isSketch: boolean;
}
export interface Windows {
  readonly fields: readonly RolledField[];
  /** Of 1m, 5m and 1h. */
  readonly tiers: readonly (readonly Point[])[];
}

/** `tables`: one a series, the time first, whole hours of it; all of one measurement. */
export const windowsOf = (measurement: string, tables: readonly Table[], types: FieldTypes): Windows => {
  const fields = fieldsOf(measurement, tables, types);
  const rows = rowsOf(tables, fields);
  if (rows.at.length === 0) return { fields, tiers: [] };
  const tiers = rollUp(rows, (number) => fields[number]?.isSketch ?? false);
  const finer = tables.map(({ rows: points }) => finerThanMinutes(points));
  const isFiner: Keep = (series, at) => finer[series]?.has(hourOf(at)) ?? false;
  return { fields, tiers: tiers.map((tier, i) => pointsOf(measurement, tables, fields, tier, i === 0 ? isFiner : () => true)) };
};

/** The hours with more than one point in some minute. Where no minute has two, minutes would be the points once more; more points never take an hour out. */
const finerThanMinutes = (rows: Table['rows']): ReadonlySet<number> => {
  const hours = new Set<number>();
  let last = Number.NaN;
  for (const [at] of rows) {
    const minute = Math.floor(Number(at) / TIER_MS['1m']);
    if (minute === last) hours.add(hourOf(Number(at)));
    last = minute;
  }
  return hours;
};

/** What each field of a window is for ever, for whoever writes them; what it is there already holds, whatever has become of the points' field. */
export const learnWindows = (measurement: string, fields: readonly RolledField[], into: FieldTypes): void => {
  const learn = (field: string, type: InfluxType): void => {
    if (into.known(measurement, field) === undefined) into.learn(measurement, field, type);
  };
  for (const { name, type } of fields) {
    learn(name, type);
    learn(windowField(name, COUNT), 'integer');
    for (const stat of [MIN, MAX] as const) learn(windowField(name, stat), type);
    learn(windowField(name, SUM), 'float');
  }
};

const fieldsOf = (measurement: string, tables: readonly Table[], types: FieldTypes): RolledField[] => {
  const names = new Set(tables.flatMap(({ columns }) => columns.slice(1)));
  return [...names].toSorted().flatMap((name) => {
    const type = types.known(measurement, name) ?? typeIn(tables, name);
    return type === null ? [] : [{ name, type, isSketch: isSketch(measurement, name) }];
  });
};

/** Somebody else's field, written since the types were learned; null: it is a field of other series, and nothing here tells its type. */
const typeIn = (tables: readonly Table[], name: string): InfluxType | null => {
  for (const { columns, rows } of tables) {
    const place = columns.indexOf(name);
    const value = place < 0 ? undefined : rows.find((row) => (row[place] ?? null) !== null)?.[place];
    if (typeof value === 'string') return 'string';
    if (typeof value === 'boolean') return 'boolean';
    if (typeof value === 'number') return 'float';
  }
  return null;
};

const rowsOf = (tables: readonly Table[], fields: readonly RolledField[]): Rows => {
  const length = tables.reduce((sum, { rows }) => sum + rows.length, 0);
  const [series, at] = [new Float64Array(length), new Float64Array(length)];
  const columns = new Map<number, Float64Array | (string | null)[]>();
  for (const [number, { type }] of fields.entries())
    columns.set(columnKey(number), type === 'string' || type === 'boolean' ? noTexts(length) : noNumbers(length));
  let from = 0;
  for (const [index, table] of tables.entries()) {
    series.fill(index, from, from + table.rows.length);
    for (const [i, row] of table.rows.entries()) at[from + i] = Number(row[0]);
    for (const [number, { name }] of fields.entries()) {
      const place = table.columns.indexOf(name);
      const column = columns.get(columnKey(number));
      if (place >= 0 && column !== undefined) fill(column, from, table.rows, place);
    }
    from += table.rows.length;
  }
  return { series, at, columns };
};

const fill = (column: Float64Array | (string | null)[], from: number, rows: Table['rows'], place: number): void => {
  for (const [i, row] of rows.entries()) {
    const value = row[place] ?? null;
    if (value === null) continue;
    if (!(column instanceof Float64Array)) column[from + i] = String(value);
    else if (typeof value === 'number') column[from + i] = value;
  }
};

type Keep = (series: number, at: number) => boolean;

const pointsOf = (
  measurement: string,
  tables: readonly Table[],
  fields: readonly RolledField[],
  { series, at, columns }: Rows,
  keep: Keep,
): Point[] => {
  const made = [...columns].flatMap(([key, column]) => {
    const { name, type } = fields[fieldOfKey(key)] ?? { name: '', type: 'float' };
    const stat = statOfKey(key);
    return keeps(measurement, name, stat)
      ? [{ name: windowField(name, stat), column, isBoolean: type === 'boolean' && stat !== COUNT }]
      : [];
  });
  const points: Point[] = [];
  for (let row = 0; row < at.length; row += 1) {
    if (!keep(series[row] ?? 0, at[row] ?? 0)) continue;
    const values: Record<string, FieldValue> = {};
    for (const { name, column, isBoolean } of made) {
      const value = cellOf(column, row);
      if (value !== null) values[name] = isBoolean ? value === 'true' : value;
    }
    points.push({ measurement, tags: tables[series[row] ?? 0]?.tags ?? {}, at: at[row] ?? 0, fields: values });
  }
  return points;
};

const cellOf = (column: Column, row: number): number | string | null => {
  const value = column[row] ?? null;
  return typeof value === 'number' && Number.isNaN(value) ? null : value;
};
