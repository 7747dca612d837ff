import type { Row } from './ber.ts';
import type { SnmpOptions, SnmpSample } from '../../../protocol/probes/snmp.ts';
import { hasRestarted, type UpTime } from '../../stats/up-time.ts';
import { ABOUT, SCALARS } from './if-mib.ts';
import { type Known, nothingKnown } from './identity.ts';
import { noPorts, type PortMemory, readPorts } from './port-poll.ts';
import { readScalars } from './scalars.ts';
import type { Failure } from './session.ts';
import { type Reading, readTable } from './table.ts';
import { valuesOf } from './user-tables.ts';
import { numberOf, textOf, valueOf } from './value.ts';

/** What is remembered of a device between two polls. Rewritten by each poll; `ports.known` is kept on disk too. */
export interface DeviceMemory {
  readonly ports: PortMemory;
  upTime: UpTime | null;
  system: Pick<SnmpSample['system'], 'descr' | 'objectId' | 'contact' | 'location'>;
  /** Scalars that the device does not have. */
  missing: Set<string>;
  /** Rows of each user table last time; 0: it has none, and is asked rarely. */
  tableRows: Map<string, number>;
  rounds: number;
  /** When names, places and absences were looked at last, monotonic ms. */
  lookedMs: number | null;
}

export const emptyMemory = (known: Known = nothingKnown): DeviceMemory => ({
  ports: noPorts(known),
  upTime: null,
  system: { descr: '', objectId: '', contact: '', location: '' },
  missing: new Set(),
  tableRows: new Map(),
  rounds: 0,
  lookedMs: null,
});

export type Polled = { readonly ok: true; readonly sample: SnmpSample } | { readonly ok: false; readonly failure: Failure };

/** What hardly changes is read again this often. */
const LOOK_AGAIN_MS = 600_000;
/** A table that a device does not have is asked for again in every so many rounds. */
const EMPTY_TABLE_ROUNDS = 30;

/** One poll: is it there, what changed, its ports, and what the templates ask for. Not ok when it does not answer at all. */
export const poll = async (reading: Reading, options: SnmpOptions, address: string, memory: DeviceMemory): Promise<Polled> => {
  const startedMs = reading.clock.monotonic();
  const isLook = memory.lookedMs === null || startedMs - memory.lookedMs >= LOOK_AGAIN_MS;
  if (isLook) memory.missing.clear();
  const wanted = [...Object.values(SCALARS), ...(isLook ? Object.values(ABOUT) : []), ...options.scalars.map(({ oid }) => oid)];
  const scalars = await readScalars(reading, wanted, memory.missing);
  if (!scalars.ok) return scalars;
  const answeredMs = reading.clock.monotonic();
  const { values } = scalars;
  const cs = (oid: string): number | null => wholeOrNull(numberOf(values.get(oid)));
  const upTimeCs = cs(SCALARS.sysUpTime);
  const upTime = upTimeCs === null ? null : { cs: upTimeCs, atMs: (startedMs + answeredMs) / 2 };
  const restarted = upTime !== null && memory.upTime !== null && hasRestarted(memory.upTime, upTime);
  memory.upTime = upTime ?? memory.upTime;
  if (isLook) memory.system = aboutOf(values);
  const name = textOf(values.get(SCALARS.sysName));
  const ports =
    options.ports === null
      ? { samples: [], complete: true }
      : await readPorts(reading, options.ports, memory.ports, {
          restarted,
          sysName: name,
          lookAgain: isLook || restarted,
          portsCs: cs(SCALARS.portsChanged),
        });
  const tables = await readTables(reading, options, memory);
  memory.rounds += 1;
  if (isLook && ports.complete) memory.lookedMs = startedMs;
  const sample: SnmpSample = {
    kind: 'snmp',
    address,
    system: { name, ...memory.system, upTimeCs },
    changed: { entityCs: cs(SCALARS.entityChanged), configurationCs: cs(SCALARS.configurationChanged), portsCs: cs(SCALARS.portsChanged) },
    requests: reading.session.wire.requests,
    timeouts: reading.timeouts,
    variables: reading.variables,
    slowestMs: reading.slowestMs,
    complete: ports.complete && tables.complete,
    problems: [...reading.problems].slice(0, 20).map((problem) => problem.slice(0, 200)),
    ports: ports.samples,
    values: [...scalarValues(options, values), ...tables.values],
  };
  return { ok: true, sample };
};

const aboutOf = (values: ReadonlyMap<string, Row>): DeviceMemory['system'] => ({
  descr: textOf(values.get(ABOUT.sysDescr), 500),
  objectId: textOf(values.get(ABOUT.sysObjectID)),
  contact: textOf(values.get(ABOUT.sysContact)),
  location: textOf(values.get(ABOUT.sysLocation)),
});

/** A user's scalars are fields of one point of `snmp`, as Telegraf writes them. */
const scalarValues = ({ scalars }: SnmpOptions, values: ReadonlyMap<string, Row>): SnmpSample['values'] => {
  const fields: Record<string, number | string> = {};
  for (const { name, oid, read } of scalars) {
    const value = valueOf(values.get(oid), read);
    if (value !== null && value !== '') fields[name] = value;
  }
  return Object.keys(fields).length === 0 ? [] : [{ measurement: 'snmp', tags: {}, fields }];
};

const readTables = async (
  reading: Reading,
  { tables }: SnmpOptions,
  memory: DeviceMemory,
): Promise<{ readonly values: SnmpSample['values']; readonly complete: boolean }> => {
  const values: SnmpSample['values'] = [];
  let complete = true;
  for (const table of tables) {
    const before = memory.tableRows.get(table.name);
    const every = before === 0 ? Math.max(table.every, EMPTY_TABLE_ROUNDS) : table.every;
    if (memory.rounds % every !== 0) continue;
    const oids = table.columns.map(({ oid }) => oid);
    const read = await readTable(reading, oids, before ?? 0);
    if (read.complete) memory.tableRows.set(table.name, read.rows.size);
    complete &&= read.complete;
    values.push(...valuesOf(table, read.rows));
  }
  return { values, complete };
};

const wholeOrNull = (value: number | null): number | null => (value !== null && Number.isInteger(value) && value >= 0 ? value : null);
