// The arrival log's consumer that knows devices: their newest poll, their ports, and what has changed.
import type { Round } from '../../../protocol/round.ts';
import type { PortSample, SnmpSample } from '../../../protocol/probes/snmp.ts';
import type { State } from '../../state/database.ts';
import type { Reader } from '../model.ts';
import { deviceEvents, type DevicePoll, type NewEvent, portEvents } from './events.ts';

/** A device's newest round, with its ports as they were read last. */
export interface DeviceLatest {
  readonly device: string;
  readonly agent: string;
  readonly at: number;
  readonly durationMs: number;
  readonly failure: { readonly reason: string; readonly detail: string; readonly blame: string } | null;
  /** The newest round that gave something. */
  readonly answered: (DevicePoll & Figures) | null;
  readonly ports: ReadonlyMap<string, PortLatest>;
}
export interface Figures {
  readonly requests: number;
  readonly variables: number;
  readonly slowestMs: number;
  readonly complete: boolean;
  readonly problems: readonly string[];
  readonly durationMs: number;
}
export type KeptPort = Omit<PortSample, 'counters' | 'rates' | 'noRate'>;
export interface PortLatest {
  readonly port: KeptPort;
  readonly firstAt: number;
  readonly at: number;
  readonly goneAt: number | null;
  /** null until it is read after a start of the controller. */
  readonly rates: PortSample['rates'];
  readonly noRate: PortSample['noRate'] | null;
}

export interface Polls {
  /** Rounds of arrivals in the order of the log. Harmless when done again: a round that is not newer changes nothing. */
  take(rounds: readonly { readonly agent: string; readonly round: Round }[]): Promise<void>;
  get(device: string): DeviceLatest | undefined;
  forget(isKnown: (device: string) => boolean): void;
}

/** `onObjectId`: a device has said for the first time, or anew, what it is: its templates may be others. */
export const openPolls = async (state: State, onObjectId: (device: string) => void): Promise<Polls> => {
  const latest = await load(state);
  const takeOne = async (trx: Reader, agent: string, round: Round): Promise<void> => {
    const device = round.task.slice(0, round.task.lastIndexOf('/'));
    const before = latest.get(device);
    if (before !== undefined && round.at <= before.at) return;
    const base = { device, agent, at: round.at, durationMs: round.durationMs };
    const { outcome } = round;
    if (outcome.status === 'failed' || outcome.sample.kind !== 'snmp') {
      const failure = outcome.status === 'failed' ? { reason: outcome.reason, detail: outcome.detail ?? '', blame: outcome.blame } : null;
      latest.set(device, { ...base, failure, answered: before?.answered ?? null, ports: before?.ports ?? new Map() });
      return;
    }
    const { sample } = outcome;
    const answered = { ...pollOf(round.at, sample), ...figuresOf(round, sample) };
    const events = [...(before?.answered == null ? [] : deviceEvents(before.answered, answered))];
    const ports = await takePorts(trx, device, round.at, before?.ports ?? new Map(), sample, events);
    for (const { port, kind, title } of events)
      await trx.insertInto('device_events').values({ device_id: device, port_id: port, at: round.at, kind, title }).execute();
    const row = { device_id: device, at: round.at, document: JSON.stringify(answered) };
    await trx
      .insertInto('device_polls')
      .values(row)
      .onConflict((conflict) => conflict.column('device_id').doUpdateSet(row))
      .execute();
    latest.set(device, { ...base, failure: null, answered, ports });
    const isNew = sample.system.objectId !== '' && before?.answered?.system.objectId !== sample.system.objectId;
    if (isNew) onObjectId(device);
  };
  return {
    async take(rounds) {
      const undo = new Map(latest);
      try {
        await state.transaction().execute(async (trx) => {
          for (const { agent, round } of rounds) await takeOne(trx, agent, round);
        });
      } catch (error) {
        latest.clear();
        for (const [device, was] of undo) latest.set(device, was);
        throw error;
      }
    },
    get: (device) => latest.get(device),
    forget(isKnown) {
      for (const device of latest.keys()) if (!isKnown(device)) latest.delete(device);
    },
  };
};

const pollOf = (at: number, { system, changed }: SnmpSample): DevicePoll => ({ at, system, changed });
const figuresOf = (round: Round, { requests, variables, slowestMs, complete, problems }: SnmpSample): Figures => ({
  requests,
  variables,
  slowestMs,
  complete,
  problems,
  durationMs: round.durationMs,
});

/** Writes down what has changed of the ports, adds what happened to `events`, and says how they stand. */
const takePorts = async (
  trx: Reader,
  device: string,
  at: number,
  before: ReadonlyMap<string, PortLatest>,
  sample: SnmpSample,
  events: NewEvent[],
): Promise<ReadonlyMap<string, PortLatest>> => {
  if (sample.ports.length === 0 && !sample.complete) return before;
  const facts = new Map(Array.from(before, ([id, { port, goneAt }]) => [id, { ...port, gone: goneAt !== null }]));
  events.push(...portEvents(facts, sample.ports, sample.complete));
  const ports = new Map(before);
  for (const { counters: _counters, rates, noRate, ...port } of sample.ports) {
    const old = before.get(port.id);
    const next = { port, firstAt: old?.firstAt ?? at, at, goneAt: null, rates, noRate: noRate ?? null };
    ports.set(port.id, next);
    if (old === undefined || old.goneAt !== null || !isSame(old.port, port)) await writePort(trx, device, next);
  }
  if (!sample.complete) return ports;
  const present = new Set(sample.ports.map(({ id }) => id));
  for (const [id, old] of before) {
    if (present.has(id) || old.goneAt !== null) continue;
    const gone = { ...old, goneAt: at, rates: null, noRate: null };
    ports.set(id, gone);
    await writePort(trx, device, gone);
  }
  return ports;
};

const isSame = (a: KeptPort, b: KeptPort): boolean =>
  a.index === b.index &&
  a.name === b.name &&
  a.alias === b.alias &&
  a.descr === b.descr &&
  a.oper === b.oper &&
  a.admin === b.admin &&
  a.speedBps === b.speedBps &&
  a.physAddress === b.physAddress &&
  a.type === b.type &&
  a.mtu === b.mtu;

const writePort = async (trx: Reader, device: string, { port, firstAt, at, goneAt }: PortLatest): Promise<void> => {
  const row = { device_id: device, port_id: port.id, document: JSON.stringify(port), first_at: firstAt, at, gone_at: goneAt };
  await trx
    .insertInto('ports')
    .values(row)
    .onConflict((conflict) => conflict.columns(['device_id', 'port_id']).doUpdateSet(row))
    .execute();
};

const load = async (state: State): Promise<Map<string, DeviceLatest>> => {
  const latest = new Map<string, DeviceLatest>();
  const ports = Map.groupBy(await state.selectFrom('ports').selectAll().execute(), ({ device_id }) => device_id);
  const devices = await state.selectFrom('devices').select(['id', 'document']).execute();
  const agentOf = new Map(devices.map(({ id, document }) => [id, String(JSON.parse(document).agent)]));
  for (const row of await state.selectFrom('device_polls').selectAll().execute()) {
    const answered: DevicePoll & Figures = JSON.parse(row.document); // our own column, written above
    const rows = (ports.get(row.device_id) ?? []).map(({ port_id, document, first_at, at, gone_at }): [string, PortLatest] => {
      const port: KeptPort = JSON.parse(document);
      return [port_id, { port, firstAt: first_at, at, goneAt: gone_at, rates: null, noRate: null }];
    });
    const base = { device: row.device_id, agent: agentOf.get(row.device_id) ?? '', at: row.at, durationMs: answered.durationMs };
    latest.set(row.device_id, { ...base, failure: null, answered, ports: new Map(rows) });
  }
  return latest;
};
