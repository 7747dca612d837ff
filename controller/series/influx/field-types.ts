import { fieldType } from '../../../protocol/metrics.ts';
import type { FieldValue } from '../store.ts';

export type InfluxType = 'float' | 'integer' | 'string' | 'boolean';

/** Which type each field has for ever: as the server says, else as the catalogue says, else by the first value. */
export interface FieldTypes {
  typeOf(measurement: string, field: string, value: FieldValue, isInteger: boolean): InfluxType;
  /** The server has said so. */
  learn(measurement: string, field: string, type: InfluxType): void;
  /** What was written is remembered only when it is in. */
  known(measurement: string, field: string): InfluxType | undefined;
  /** Those of one measurement that are known; it changes as more become known, until `forget`. */
  fieldsOf(measurement: string): ReadonlyMap<string, InfluxType>;
  forget(): void;
}

export const openFieldTypes = (): FieldTypes => {
  const byMeasurement = new Map<string, Map<string, InfluxType>>();
  const fieldsOf = (measurement: string): Map<string, InfluxType> => {
    const fields = byMeasurement.get(measurement) ?? new Map<string, InfluxType>();
    byMeasurement.set(measurement, fields);
    return fields;
  };
  return {
    fieldsOf,
    typeOf(measurement, field, value, isInteger) {
      const known = byMeasurement.get(measurement)?.get(field);
      if (known !== undefined) return known;
      const catalogued = fieldType(measurement, field);
      if (catalogued === undefined) return natural(value, isInteger);
      const type = OF_CATALOGUE[catalogued];
      fieldsOf(measurement).set(field, type); // until the server says otherwise
      return type;
    },
    learn: (measurement, field, type) => void fieldsOf(measurement).set(field, type),
    known: (measurement, field) => byMeasurement.get(measurement)?.get(field),
    forget: () => byMeasurement.clear(),
  };
};

const OF_CATALOGUE = { int: 'integer', float: 'float', string: 'string' } as const;

const natural = (value: FieldValue, isInteger: boolean): InfluxType => {
  if (typeof value === 'number') return isInteger ? 'integer' : 'float';
  return typeof value === 'string' ? 'string' : 'boolean';
};

export const influxType = (text: string): InfluxType | null =>
  text === 'float' || text === 'integer' || text === 'string' || text === 'boolean' ? text : null;
