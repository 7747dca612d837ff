// What is known of an agent's own machine, round by round. Pure.
import type { HostSample, Inventory, SocketSample } from '../../../protocol/probes/host.ts';
import type { InterfaceSample, Link, NetSample } from '../../../protocol/probes/net.ts';
import { type Round, roundEndMs } from '../../../protocol/round.ts';
import { OWN_MACHINE } from '../../../protocol/task.ts';
import { linkEvents, listenerEvents, type MachineEvent } from './events.ts';
import { EPHEMERAL_WARNING, listenerKey } from './listeners.ts';
import { saturationEvents } from './saturation.ts';

export interface Failure {
  readonly at: number;
  readonly reason: string;
  readonly detail: string;
}
export type HostFigures = Omit<HostSample, 'sockets' | 'inventory'>;

/** What is known of one agent's machine. Times are the ends of the rounds that said it. */
export interface MachineLatest {
  readonly net: {
    readonly at: number;
    readonly intervalMs: number;
    readonly seconds: number | null;
    readonly total: NetSample['total'];
    readonly leftOut: number;
    readonly tickMs: number;
    readonly interfaces: ReadonlyMap<string, InterfaceSample>;
  } | null;
  readonly netFailure: Failure | null;
  readonly links: ReadonlyMap<string, Link>;
  readonly linksAt: number | null;
  readonly host: { readonly at: number; readonly intervalMs: number; readonly figures: HostFigures } | null;
  readonly hostFailure: Failure | null;
  /** null until they are looked at after a start of the controller. */
  readonly sockets: SocketSample | null;
  readonly socketsAt: number | null;
  /** By key: since when each listens, as far as we saw. */
  readonly listeningSince: ReadonlyMap<string, number>;
  /** Keys of the listeners that are as they should be: those of the first look, until a person says otherwise. null before. */
  readonly expected: readonly string[] | null;
  readonly expectedBy: string | null;
  readonly inventory: { readonly at: number; readonly facts: Inventory } | null;
}

export const isMachine = (round: Pick<Round, 'task'>): boolean =>
  round.task === `${OWN_MACHINE}/net` || round.task === `${OWN_MACHINE}/host`;

/** Of an agent that has said nothing yet. */
export const nothing: MachineLatest = {
  net: null,
  netFailure: null,
  links: new Map(),
  linksAt: null,
  host: null,
  hostFailure: null,
  sockets: null,
  socketsAt: null,
  listeningSince: new Map(),
  expected: null,
  expectedBy: null,
  inventory: null,
};

interface Stepped {
  readonly machine: MachineLatest;
  readonly events: readonly MachineEvent[];
}

/** One round of `net` or `host`. Pure; the same state comes back when the round says nothing new. */
export const step = (before: MachineLatest, round: Round): Stepped => {
  const at = roundEndMs(round);
  const { outcome } = round;
  if (outcome.status === 'failed') {
    const failure = { at, reason: outcome.reason, detail: outcome.detail ?? '' };
    const isNet = round.task.endsWith('/net');
    const old = isNet ? before.netFailure : before.hostFailure;
    if (old !== null && old.at >= at) return { machine: before, events: [] };
    return { machine: { ...before, ...(isNet ? { netFailure: failure } : { hostFailure: failure }) }, events: [] };
  }
  const { sample } = outcome;
  if (sample.kind === 'net') return stepNet(before, at, round.intervalMs, sample);
  if (sample.kind === 'host') return stepHost(before, at, round.intervalMs, sample);
  return { machine: before, events: [] };
};

const stepNet = (before: MachineLatest, at: number, intervalMs: number, sample: NetSample): Stepped => {
  if (before.net !== null && at <= before.net.at) return { machine: before, events: [] };
  const { seconds, total, leftOut, tickMs } = sample;
  const interfaces = new Map(sample.interfaces.map((one) => [one.name, one]));
  const machine = { ...before, net: { at, intervalMs, seconds, total, leftOut, tickMs, interfaces }, netFailure: null };
  const events = saturationEvents(before.net, machine.net);
  // What a restart of the controller remembers may be newer than a round that is taken once more.
  if (sample.links === null || (before.linksAt !== null && at <= before.linksAt)) return { machine, events };
  const links = new Map(sample.links.map((link) => [link.name, link]));
  const changed = before.linksAt === null ? [] : linkEvents(before.links, sample.links);
  return { machine: { ...machine, links, linksAt: at }, events: [...events, ...changed] };
};

const stepHost = (before: MachineLatest, at: number, intervalMs: number, sample: HostSample): Stepped => {
  if (before.host !== null && at <= before.host.at) return { machine: before, events: [] };
  const { sockets, inventory, ...figures } = sample;
  const machine: MachineLatest = {
    ...before,
    host: { at, intervalMs, figures },
    hostFailure: null,
    inventory: inventory === null ? before.inventory : { at, facts: inventory },
  };
  if (sockets === null || (before.socketsAt !== null && at <= before.socketsAt)) return { machine, events: [] };
  const isFirst = before.expected === null;
  const known = new Set(before.listeningSince.keys());
  const since = new Map(
    sockets.listeners.map((listener) => [listenerKey(listener), before.listeningSince.get(listenerKey(listener)) ?? at]),
  );
  return {
    machine: {
      ...machine,
      sockets,
      socketsAt: at,
      listeningSince: since,
      ...(isFirst ? { expected: [...since.keys()].toSorted(), expectedBy: null } : {}),
    },
    events: isFirst ? [] : [...(sockets.cut ? [] : listenerEvents(known, sockets.listeners)), ...ephemeralEvents(before, sockets)],
  };
};

/** The share of the ephemeral ports that is gone: towards the worst destination. 0 when the kernel does not tell. */
export const ephemeralRatio = ({ ephemeral }: SocketSample): number =>
  ephemeral === null ? 0 : Math.min(1, (ephemeral.worst?.used ?? 0) / ephemeral.size);

const ephemeralEvents = (before: MachineLatest, sockets: SocketSample): MachineEvent[] => {
  const [old, now] = [before.sockets === null ? 0 : ephemeralRatio(before.sockets), ephemeralRatio(sockets)];
  const { worst, size } = sockets.ephemeral ?? { worst: null, size: 0 };
  if (old < EPHEMERAL_WARNING && now >= EPHEMERAL_WARNING && worst !== null)
    return [
      {
        level: 'warning',
        event: 'ephemeral-ports-low',
        message: `${worst.used} of ${size} ephemeral ports are in use towards ${worst.address} port ${worst.port}: new connections will fail`,
      },
    ];
  if (old >= EPHEMERAL_WARNING && now < EPHEMERAL_WARNING)
    return [{ level: 'info', event: 'ephemeral-ports-back', message: 'there are ephemeral ports enough again' }];
  return [];
};
