import type { Db } from '../../../protocol/database.ts';
import type { FieldValue } from '../store.ts';

type StoredType = 'int' | 'float' | 'string' | 'bool';

/** Which number a field has in the arrays of its measurement, and its type, which never changes. */
export interface Dictionary {
  /** Gives a new field the next number; inside a transaction. Throws a TypeError when the field has another type. */
  number(measurement: string, field: string, type: StoredType): number;
  find(measurement: string, field: string): number | null;
  name(measurement: string, values: readonly (FieldValue | null)[]): Record<string, FieldValue>;
  /** After a transaction that was rolled back. */
  reload(): void;
}

export const openDictionary = (db: Db): Dictionary => {
  const insert = db.prepare('INSERT INTO fields (measurement, field, number, type) VALUES (?, ?, ?, ?)');
  const byMeasurement = new Map<string, Map<string, { number: number; type: string }>>();
  const reload = (): void => {
    byMeasurement.clear();
    for (const row of db.prepare('SELECT * FROM fields ORDER BY number').all())
      fieldsOf(String(row['measurement'])).set(String(row['field']), { number: Number(row['number']), type: String(row['type']) });
  };
  const fieldsOf = (measurement: string): Map<string, { number: number; type: string }> => {
    const fields = byMeasurement.get(measurement) ?? new Map<string, { number: number; type: string }>();
    byMeasurement.set(measurement, fields);
    return fields;
  };
  reload();
  return {
    number(measurement, field, type) {
      const fields = fieldsOf(measurement);
      const known = fields.get(field);
      if (known?.type === type) return known.number;
      if (known !== undefined) throw new TypeError(`${measurement}.${field} is ${known.type} and cannot become ${type}`);
      const number = fields.size;
      insert.run(measurement, field, number, type);
      fields.set(field, { number, type });
      return number;
    },
    find: (measurement, field) => byMeasurement.get(measurement)?.get(field)?.number ?? null,
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
