// ENTITY-SENSOR-MIB (RFC 3433): a value in units of 10^(3 * (scale - 9)), with so many digits behind the point. Pure.

const UNITS: Readonly<Record<number, string>> = {
  3: 'volts_ac',
  4: 'volts_dc',
  5: 'amperes',
  6: 'watts',
  7: 'hertz',
  8: 'celsius',
  9: 'percent_rh',
  10: 'rpm',
  11: 'cmm',
  12: 'truth_value',
  // CISCO-ENTITY-SENSOR-MIB goes on where RFC 3433 ends.
  13: 'enum',
  14: 'dbm',
  15: 'db',
};
const NO_SCALE = 9;
const OPERATIONAL = 1;

export interface SensorRow {
  readonly type: number | null;
  readonly scale: number | null;
  readonly precision: number | null;
  readonly value: number | null;
  /** entPhySensorOperStatus; a device without it is taken at its word. */
  readonly status: number | null;
}

/** null: not present, out of order, or no number. */
export const sensorOf = ({
  type,
  scale,
  precision,
  value,
  status,
}: SensorRow): { readonly value: number; readonly unit: string } | null => {
  if (value === null || (status !== null && status !== OPERATIONAL)) return null;
  const exponent = 3 * ((scale ?? NO_SCALE) - NO_SCALE) - (precision ?? 0);
  // Divided rather than multiplied by 0.1: 25.3 °C is to be 25.3.
  const scaled = exponent < 0 ? value / 10 ** -exponent : value * 10 ** exponent;
  return Number.isFinite(scaled) ? { value: scaled, unit: UNITS[type ?? 0] ?? 'other' } : null;
};
