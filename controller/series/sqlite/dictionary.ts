import type { Db } from '../../../protocol/database.ts';
import { fieldType } from '../../../protocol/metrics.ts';
import type { FieldValue } from '../store.ts';

export type StoredType = 'int' | 'float' | 'string' | 'bool';

/** Which number a field has in the arrays of its measurement, and its type, which never changes. */
export interface Dictionary {
  /** Gives a new field the next number; inside a transaction. Throws a TypeError when the value is not of the field's type. */
  number(measurement: string, field: string, value: FieldValue): number;
  find(measurement: string, field: string): number | null;
  fields(measurement: string): { readonly field: string; readonly type: StoredType }[];
  name(measurement: string, values: readonly (FieldValue | null)[]): Record<string, FieldValue>;
  /** After a transaction that was rolled back. */
  reload(): void;
}

export const openDictionary = (db: Db): Dictionary => {
  const insert = db.prepare('INSERT INTO fields (measurement, field, number, type) VALUES (?, ?, ?, ?)');
  const byMeasurement = new Map<string, Map<string, { number: number; type: StoredType }>>();
  const reload = (): void => {
    byMeasurement.clear();
    for (const row of db.prepare('SELECT * FROM fields ORDER BY number').all())
      fieldsOf(String(row['measurement'])).set(String(row['field']), { number: Number(row['number']), type: storedType(row['type']) });
  };
  const fieldsOf = (measurement: string): Map<string, { number: number; type: StoredType }> => {
    const fields = byMeasurement.get(measurement) ?? new Map<string, { number: number; type: StoredType }>();
    byMeasurement.set(measurement, fields);
    return fields;
  };
  reload();
  return {
    number(measurement, field, value) {
      const fields = fieldsOf(measurement);
      const known = fields.get(field);
      const type = known !== undefined && fits(value, known.type) ? known.type : typeOf(measurement, field, value);
      if (known?.type === type) return known.number;
      if (known !== undefined) throw new TypeError(`${measurement}.${field} is ${known.type} and cannot become ${type}`);
      const number = fields.size;
      insert.run(measurement, field, number, type);
      fields.set(field, { number, type });
      return number;
    },
    find: (measurement, field) => byMeasurement.get(measurement)?.get(field)?.number ?? null,
    fields: (measurement) => [...fieldsOf(measurement)].map(([field, { type }]) => ({ field, type })),
    name(measurement, values) {
      const named: Record<string, FieldValue> = {};
      for (const [field, { number }] of fieldsOf(measurement)) {
        const value = values[number] ?? null;
        if (value !== null) named[field] = value;
      }
      return named;
    },
    reload,
  };
};

/** The quick way for what is as it was before. */
const fits = (value: FieldValue, type: StoredType): boolean =>
  type === 'float' ? Number.isFinite(value) : type === 'int' ? Number.isSafeInteger(value) : type === 'string' && typeof value === 'string';

/** The catalogue knows whether a number is an integer for ever; a field that it does not know is a float. */
const typeOf = (measurement: string, field: string, value: FieldValue): StoredType => {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (!Number.isFinite(value)) throw new TypeError(`${measurement}.${field}: ${value} cannot be stored`);
  if (fieldType(measurement, field) !== 'int') return 'float';
  if (!Number.isSafeInteger(value)) throw new TypeError(`${measurement}.${field}: ${value} is not an integer`);
  return 'int';
};

const storedType = (text: unknown): StoredType => (text === 'int' || text === 'float' || text === 'bool' ? text : 'string');
