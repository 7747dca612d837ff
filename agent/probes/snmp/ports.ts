import type { Row } from './ber.ts';
import type { PortSample } from '../../../protocol/probes/snmp.ts';
import type { CounterReading } from '../../stats/counter.ts';
import { COUNTER_BITS, type MibColumn, SPEED_UNKNOWN } from './if-mib.ts';
import type { PortReading, RatesOrWhy } from './rates.ts';
import type { TableRow } from './table.ts';
import { counterOf, exact, hexOf, isCounter64, numberOf, textOf } from './value.ts';

/** By what a port is known again. */
export interface PortFace {
  readonly descr: string;
  readonly physAddress: string;
  readonly alias: string;
}
export interface PortDetails {
  readonly type: number;
  readonly mtu: number | null;
  readonly speedBps: number | null;
}
/** One port's row of this round. `name` is '' where the device has no ifName. Filled table by table, so it mutates. */
export interface PortRow {
  readonly index: number;
  /** When its octets, and when its other counters were read, monotonic ms. */
  atMs: number;
  restAtMs: number;
  readonly name: string;
  readonly admin: number;
  readonly oper: number;
  readonly discontinuityCs: number | null;
  highSpeedMbps: number | null;
  readonly counters: Map<string, CounterReading>;
}

export const noFace: PortFace = { descr: '', physAddress: '', alias: '' };
export const noDetails: PortDetails = { type: 1, mtu: null, speedBps: null };

/** Finds a cell by its column's name; made once for a table, because it is asked for every cell. */
export type Cell = (row: TableRow, name: string) => Row | undefined;
export const cellsOf = (columns: readonly MibColumn[]): Cell => {
  const at = new Map(columns.map(({ name }, i) => [name, i]));
  return (row, name) => row.cells[at.get(name) ?? -1];
};

export const portRowOf = (index: number, row: TableRow, columns: readonly MibColumn[], cell: Cell): PortRow => {
  const port: PortRow = {
    index,
    atMs: row.atMs,
    restAtMs: row.atMs,
    name: textOf(cell(row, 'ifName')),
    admin: statusOf(cell(row, 'ifAdminStatus')),
    oper: statusOf(cell(row, 'ifOperStatus')),
    discontinuityCs: numberOf(cell(row, 'ifCounterDiscontinuityTime')),
    highSpeedMbps: numberOf(cell(row, 'ifHighSpeed')),
    counters: new Map(),
  };
  addCounters(port, row, columns);
  return port;
};

/** What was read apart from the first columns, because the device is slow. */
export const addRest = (port: PortRow, row: TableRow, columns: readonly MibColumn[], cell: Cell): void => {
  port.restAtMs = row.atMs;
  port.highSpeedMbps = numberOf(cell(row, 'ifHighSpeed')) ?? port.highSpeedMbps;
  addCounters(port, row, columns);
};

/** The counters of one row beside those that are there already. */
export const addCounters = (port: PortRow, row: TableRow, columns: readonly MibColumn[]): void => {
  for (let i = 0; i < columns.length; i += 1) {
    const name = columns[i]?.name ?? '';
    const bits = COUNTER_BITS[name];
    const cell = row.cells[i];
    if (bits === undefined || cell === undefined) continue;
    const value = counterOf(cell);
    // Some devices answer a 64-bit counter where the MIB has one of 32 bits.
    if (value !== null) port.counters.set(name, { value, bits: isCounter64(cell) ? 64 : bits });
  }
};

export const faceOf = (row: TableRow, cell: Cell): PortFace => ({
  descr: textOf(cell(row, 'ifDescr')),
  physAddress: physOf(cell(row, 'ifPhysAddress')),
  alias: textOf(cell(row, 'ifAlias')),
});

export const detailsOf = (row: TableRow, cell: Cell): PortDetails => {
  const speed = numberOf(cell(row, 'ifSpeed'));
  return {
    type: wholeOr(numberOf(cell(row, 'ifType')), 1),
    mtu: numberOf(cell(row, 'ifMtu')),
    speedBps: speed === null || speed <= 0 || speed >= SPEED_UNKNOWN ? null : speed,
  };
};

/** ifHighSpeed where it says something, as RFC 2863 wants it above 20 Mbit/s; otherwise ifSpeed; null when neither does. */
export const speedOf = (row: Pick<PortRow, 'highSpeedMbps'>, { speedBps }: PortDetails): number | null =>
  row.highSpeedMbps !== null && row.highSpeedMbps > 0 ? row.highSpeedMbps * 1e6 : speedBps;

export const readingOf = (row: PortRow, details: PortDetails): PortReading => ({
  atMs: row.atMs,
  restAtMs: row.restAtMs,
  counters: row.counters,
  discontinuityCs: row.discontinuityCs,
  speedBps: speedOf(row, details),
  type: details.type,
});

export const portSampleOf = (id: string, row: PortRow, face: PortFace, details: PortDetails, result: RatesOrWhy): PortSample => ({
  id,
  index: row.index,
  name: nameOf(row, face),
  descr: face.descr,
  alias: face.alias,
  type: details.type,
  ...(details.mtu === null || details.mtu < 0 ? {} : { mtu: Math.round(details.mtu) }),
  physAddress: face.physAddress,
  speedBps: speedOf(row, details),
  admin: row.admin,
  oper: row.oper,
  counters: shownCounters(row.counters),
  rates: result.rates,
  ...(result.rates === null ? { noRate: result.noRate } : {}),
});

const shownCounters = (counters: PortRow['counters']): Record<string, number> => {
  const shown: Record<string, number> = {};
  for (const [name, { value }] of counters) shown[name] = exact(value);
  return shown;
};

export const nameOf = (row: Pick<PortRow, 'name'>, face: PortFace): string => (row.name === '' ? face.descr : row.name);

/** ifPhysAddress as it is; all zeros is none. */
const physOf = (cell: Row | undefined): string => {
  const hex = hexOf(cell);
  return /^(00:?)*$/.test(hex) ? '' : hex;
};

const UNKNOWN_STATUS = 4;
const statusOf = (cell: Row | undefined): number => {
  const status = numberOf(cell);
  return status !== null && Number.isInteger(status) && status >= 1 && status <= 7 ? status : UNKNOWN_STATUS;
};

const wholeOr = (value: number | null, otherwise: number): number =>
  value !== null && Number.isInteger(value) && value >= 0 ? value : otherwise;
