import type { SnmpSample, SnmpTable } from '../../../protocol/probes/snmp.ts';
import { sensorOf } from './sensor.ts';
import type { TableRow } from './table.ts';
import { numberOf, valueOf } from './value.ts';

type Value = SnmpSample['values'][number];

/** A table's rows as points of a measurement of its own, as Telegraf's inputs.snmp makes them. Rows without a field say nothing. */
export const valuesOf = (table: SnmpTable, rows: ReadonlyMap<string, TableRow>): Value[] =>
  Array.from(rows).flatMap(([index, row]): Value[] => {
    const tags = tagsOf(table, index, row);
    if (table.sensor) return sensorValue(table, tags, row);
    const fields: Record<string, number | string> = {};
    table.columns.forEach(({ name, as, read }, i) => {
      const value = as === 'field' ? valueOf(row.cells[i], read) : null;
      if (value !== null && value !== '') fields[name] = value;
    });
    return Object.keys(fields).length === 0 ? [] : [{ measurement: table.name, tags, fields }];
  });

const tagsOf = (table: SnmpTable, index: string, row: TableRow): Record<string, string> => {
  const tags: Record<string, string> = { index: index.slice(0, 255) };
  table.columns.forEach(({ name, as, read }, i) => {
    const value = as === 'tag' ? valueOf(row.cells[i], read) : null;
    if (value !== null && value !== '') tags[name] = String(value).slice(0, 255);
  });
  return tags;
};

/** The columns of a sensor table are known by the names that the MIB gives them. */
const sensorValue = (table: SnmpTable, tags: Record<string, string>, row: TableRow): Value[] => {
  const of = (name: string): number | null => numberOf(row.cells[table.columns.findIndex((column) => column.name === name)]);
  const sensor = sensorOf({
    type: of('entPhySensorType'),
    scale: of('entPhySensorScale'),
    precision: of('entPhySensorPrecision'),
    value: of('entPhySensorValue'),
    status: of('entPhySensorOperStatus'),
  });
  return sensor === null ? [] : [{ measurement: table.name, tags: { ...tags, unit: sensor.unit }, fields: { value: sensor.value } }];
};
