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
  forget(): void;
}

export const openFieldTypes = (): FieldTypes => {
  const byMeasurement = new Map<string, Map<string, InfluxType>>();
  return {
    typeOf: (measurement, field, value, isInteger) =>
      byMeasurement.get(measurement)?.get(field) ?? natural(measurement, field, value, isInteger),
    learn(measurement, field, type) {
      const fields = byMeasurement.get(measurement) ?? new Map<string, InfluxType>();
      byMeasurement.set(measurement, fields.set(field, type));
    },
    known: (measurement, field) => byMeasurement.get(measurement)?.get(field),
    forget: () => byMeasurement.clear(),
  };
};

const OF_CATALOGUE = { int: 'integer', float: 'float', string: 'string' } as const;

const natural = (measurement: string, field: string, value: FieldValue, isInteger: boolean): InfluxType => {
  const catalogued = fieldType(measurement, field);
  if (catalogued !== undefined) return OF_CATALOGUE[catalogued];
  if (typeof value === 'number') return isInteger ? 'integer' : 'float';
  return typeof value === 'string' ? 'string' : 'boolean';
};

export const influxType = (text: string): InfluxType | null =>
  text === 'float' || text === 'integer' || text === 'string' || text === 'boolean' ? text : null;
