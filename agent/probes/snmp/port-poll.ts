import type { PortFilter, PortSample } from '../../../protocol/probes/snmp.ts';
import { DETAILS, FACES, FIRST, type MibColumn, NARROW, REST } from './if-mib.ts';
import { type Face, type Known, recognise } from './identity.ts';
import { isFollowed } from './port-filter.ts';
import {
  addCounters,
  addRest,
  cellsOf,
  detailsOf,
  faceOf,
  nameOf,
  noDetails,
  noFace,
  type PortDetails,
  type PortFace,
  type PortRow,
  portRowOf,
  portSampleOf,
  readingOf,
  speedOf,
} from './ports.ts';
import { type PortReading, ratesOf } from './rates.ts';
import { type Reading, readTable, type TableRead } from './table.ts';

/** What is remembered of a device's ports between two polls. */
export interface PortMemory {
  known: Known;
  faces: ReadonlyMap<number, PortFace>;
  details: ReadonlyMap<number, PortDetails>;
  /** The budget ended before they were read: next time. */
  detailsDue: boolean;
  /** Names by index, as the faces went with them: another name means that ports have moved. */
  names: ReadonlyMap<number, string>;
  ids: ReadonlyMap<number, string>;
  /** By port id: what it had counted when it was last read. */
  readonly readings: Map<string, PortReading>;
  portsCs: number | null;
  /** Names of columns that no port of this device has. */
  absent: ReadonlySet<string>;
  rows: number;
}

export const noPorts = (known: Known): PortMemory => ({
  known,
  faces: new Map(),
  details: new Map(),
  detailsDue: true,
  names: new Map(),
  ids: new Map(),
  readings: new Map(),
  portsCs: null,
  absent: new Set(),
  rows: 0,
});

export interface PortContext {
  readonly restarted: boolean;
  readonly sysName: string;
  readonly lookAgain: boolean;
  /** ifTableLastChange. */
  readonly portsCs: number | null;
}

/** A port that was away this long is compared with nothing any more. */
const FORGET_MS = 6 * 3_600_000;
/** From this on a device is asked for what matters most before the rest. */
const SLOW_MS = 500;

type Rows = Map<number, PortRow>;

/** Reads all ports, knows them again, and compares what they counted. */
export const readPorts = async (
  reading: Reading,
  filter: PortFilter,
  ports: PortMemory,
  context: PortContext,
): Promise<{ readonly samples: PortSample[]; readonly complete: boolean }> => {
  if (context.lookAgain) ports.absent = new Set();
  const isSlow = reading.slowestMs > SLOW_MS;
  const { rows, complete: isCounted } = await readCounted(reading, isSlow ? FIRST : [...FIRST, ...REST], ports);
  const isNarrow = await readNarrow(reading, rows, ports.rows);
  const hasMoved = namesMoved(ports, rows, isCounted) || context.portsCs !== ports.portsCs;
  if (context.lookAgain || hasMoved) {
    const isKnown = await readFaces(reading, ports, rows, context.sysName);
    // Without faces a port cannot be told from its neighbour; a look that was only due again can wait.
    if (!isKnown && hasMoved) return { samples: [], complete: false };
    if (isKnown) ports.portsCs = context.portsCs;
    ports.detailsDue = true;
  }
  if (ports.detailsDue) ports.detailsDue = !(await readDetails(reading, ports));
  const isWhole = !isSlow || (await readRest(reading, rows, ports));
  if (isCounted) ports.rows = rows.size;
  return { samples: compare(filter, ports, rows, context), complete: isCounted && isNarrow && isWhole && !ports.detailsDue };
};

const toIndex = (text: string): number | null => (/^\d{1,10}$/.test(text) && Number(text) <= 4_294_967_295 ? Number(text) : null);

const there = (columns: readonly MibColumn[], { absent }: PortMemory): MibColumn[] => columns.filter(({ name }) => !absent.has(name));

const read = (reading: Reading, columns: readonly MibColumn[], expected: number): Promise<TableRead> =>
  readTable(
    reading,
    columns.map(({ oid }) => oid),
    expected,
  );

const readCounted = async (
  reading: Reading,
  all: readonly MibColumn[],
  ports: PortMemory,
): Promise<{ readonly rows: Rows; readonly complete: boolean }> => {
  const columns = there(all, ports);
  const table = await read(reading, columns, ports.rows);
  const cell = cellsOf(columns);
  const rows: Rows = new Map();
  for (const [text, row] of table.rows) {
    const index = toIndex(text);
    if (index !== null) rows.set(index, portRowOf(index, row, columns, cell));
  }
  learnAbsent(ports, columns, table);
  return { rows, complete: table.complete };
};

const learnAbsent = (ports: PortMemory, columns: readonly MibColumn[], { complete, absent, rows }: TableRead): void => {
  if (complete && rows.size > 0 && absent.size > 0)
    ports.absent = new Set([...ports.absent, ...[...absent].map((i) => columns[i]?.name ?? '')]);
};

const readRest = async (reading: Reading, rows: Rows, ports: PortMemory): Promise<boolean> => {
  const columns = there(REST, ports);
  const table = await read(reading, columns, rows.size);
  const cell = cellsOf(columns);
  for (const [text, row] of table.rows) {
    const port = rows.get(toIndex(text) ?? -1);
    if (port !== undefined) addRest(port, row, columns, cell);
  }
  learnAbsent(ports, columns, table);
  return table.complete;
};

/** 32-bit counters for the ports that have no others. */
const readNarrow = async (reading: Reading, rows: Rows, expected: number): Promise<boolean> => {
  const isNarrow = (port: PortRow | undefined): port is PortRow => port !== undefined && !port.counters.has('ifHCInOctets');
  if (![...rows.values()].some(isNarrow)) return true;
  const table = await read(reading, NARROW, expected);
  for (const [text, row] of table.rows) {
    const port = rows.get(toIndex(text) ?? -1);
    if (!isNarrow(port)) continue;
    port.atMs = row.atMs;
    addCounters(port, row, NARROW);
  }
  return table.complete;
};

const namesMoved = (ports: PortMemory, rows: Rows, complete: boolean): boolean =>
  [...rows].some(([index, { name }]) => ports.names.get(index) !== name) || (complete && rows.size !== ports.names.size);

const readFaces = async (reading: Reading, ports: PortMemory, rows: Rows, sysName: string): Promise<boolean> => {
  const table = await read(reading, FACES, rows.size);
  if (!table.complete) return false;
  const cell = cellsOf(FACES);
  ports.faces = new Map(Array.from(table.rows, ([index, row]) => [toIndex(index) ?? -1, faceOf(row, cell)]));
  const faces = Array.from(rows.values(), (row): Face => {
    const face = ports.faces.get(row.index) ?? noFace;
    return { index: row.index, name: nameOf(row, face), alias: face.alias, physAddress: face.physAddress };
  });
  const { known, ids, replaced } = recognise(ports.known, sysName, faces);
  if (replaced) ports.readings.clear();
  ports.known = known;
  ports.ids = ids;
  ports.names = new Map(Array.from(rows, ([index, { name }]) => [index, name]));
  return true;
};

const readDetails = async (reading: Reading, ports: PortMemory): Promise<boolean> => {
  const table = await read(reading, DETAILS, ports.names.size);
  const cell = cellsOf(DETAILS);
  const found = Array.from(table.rows, ([index, row]): [number, PortDetails] => [toIndex(index) ?? -1, detailsOf(row, cell)]);
  ports.details = table.complete ? new Map(found) : new Map([...ports.details, ...found]);
  return table.complete;
};

const compare = (filter: PortFilter, ports: PortMemory, rows: Rows, { restarted }: PortContext): PortSample[] => {
  const detailsAt = (index: number): PortDetails => ports.details.get(index) ?? noDetails;
  const fastest = Array.from(rows.values(), (row) => speedOf(row, detailsAt(row.index)) ?? 0).reduce((a, b) => Math.max(a, b), 0);
  const around = { restarted, fastestBps: fastest > 0 ? fastest : null };
  const samples: PortSample[] = [];
  let firstMs = Number.POSITIVE_INFINITY;
  for (const row of rows.values()) {
    const id = ports.ids.get(row.index);
    if (id === undefined) continue;
    firstMs = Math.min(firstMs, row.atMs);
    const face = ports.faces.get(row.index) ?? noFace;
    const details = detailsAt(row.index);
    const now = readingOf(row, details);
    const result = ratesOf(ports.readings.get(id), now, around);
    if (now.counters.size > 0 && result.noRate !== 'no-time') ports.readings.set(id, now);
    const sample = portSampleOf(id, row, face, details, result);
    if (isFollowed(filter, sample)) samples.push(sample);
  }
  // After a restart of the device an older reading is of another count, also that of a port which was not read now.
  const before = restarted ? firstMs : firstMs - FORGET_MS;
  for (const [id, { atMs }] of ports.readings) if (atMs < before) ports.readings.delete(id);
  return samples;
};
