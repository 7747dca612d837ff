import type { Db } from '../../../protocol/database.ts';
import { fieldType } from '../../../protocol/metrics.ts';
import type { FieldValue } from '../store.ts';
import type { PackedColumn } from './pack.ts';

export type StoredType = 'int' | 'float' | 'string' | 'bool';
export interface Field {
  readonly field: string;
  readonly number: number;
  readonly type: StoredType;
}

/** Which number a field has in the columns of its measurement, and its type, which never changes. */
export interface Dictionary {
  /** Gives a new field the next number; inside a transaction. Throws a TypeError when a value is not of the field's type. */
  take(measurement: string, column: PackedColumn): Field;
  find(measurement: string, field: string): Field | null;
  fields(measurement: string): readonly Field[];
  /** After a transaction that was rolled back. */
  reload(): void;
}

export const openDictionary = (db: Db): Dictionary => {
  const insert = db.prepare('INSERT INTO fields (measurement, field, number, type) VALUES (?, ?, ?, ?)');
  const byMeasurement = new Map<string, Map<string, Field>>();
  const fieldsOf = (measurement: string): Map<string, Field> => {
    const fields = byMeasurement.get(measurement) ?? new Map<string, Field>();
    byMeasurement.set(measurement, fields);
    return fields;
  };
  const reload = (): void => {
    byMeasurement.clear();
    for (const row of db.prepare('SELECT * FROM fields ORDER BY number').all()) {
      const field = String(row['field']);
      fieldsOf(String(row['measurement'])).set(field, { field, number: Number(row['number']), type: storedType(row['type']) });
    }
  };
  reload();
  return {
    take(measurement, column) {
      const fields = fieldsOf(measurement);
      const known = fields.get(column.field);
      const type = known === undefined ? newType(measurement, column) : typeAs(known.type, column);
      if (known !== undefined && known.type !== type)
        throw new TypeError(`${measurement}.${column.field} is ${known.type} and cannot become ${type}`);
      if (type === 'int') refuseFractions(measurement, column);
      if (known !== undefined) return known;
      const made = { field: column.field, number: fields.size, type };
      insert.run(measurement, made.field, made.number, type);
      fields.set(made.field, made);
      return made;
    },
    find: (measurement, field) => byMeasurement.get(measurement)?.get(field) ?? null,
    fields: (measurement) => [...fieldsOf(measurement).values()],
    reload,
  };
};

/** A value as the reader gives it. */
export const valueOf = (type: StoredType, value: number | string | null): FieldValue | null =>
  type === 'bool' && value !== null ? value === 1 : value;

/** The catalogue knows whether a number is an integer for ever; of a field that it does not know, the first who writes it. */
const newType = (measurement: string, { field, kind, isWhole }: PackedColumn): StoredType => {
  if (kind !== 'number') return kind === 'string' ? 'string' : 'bool';
  const known = fieldType(measurement, field);
  return known === 'int' || (known === undefined && isWhole) ? 'int' : 'float';
};

const typeAs = (known: StoredType, { kind }: PackedColumn): StoredType => {
  if (kind === 'string') return 'string';
  if (kind === 'boolean') return 'bool';
  return known === 'int' ? 'int' : 'float';
};

const refuseFractions = (measurement: string, { field, values }: PackedColumn): void => {
  if (!(values instanceof Float64Array)) return;
  for (const value of values)
    if (!Number.isNaN(value) && !Number.isSafeInteger(value)) throw new TypeError(`${measurement}.${field}: ${value} is not an integer`);
};

const storedType = (text: unknown): StoredType => (text === 'int' || text === 'float' || text === 'bool' ? text : 'string');
