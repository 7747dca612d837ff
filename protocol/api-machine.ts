import * as z from 'zod';
import { HostSample, Inventory, Listener, SocketSample } from './probes/host.ts';
import { Link, NoDelta } from './probes/net.ts';

// The part of the REST contract (api.ts) that speaks of the agents' own machines.

const at = z.number();
const Failure = z.object({ at, reason: z.string(), detail: z.string() });

/** Rates over the last tick; percentages of the packets of that direction. */
export const TrafficView = z.object({
  inBps: z.number(),
  outBps: z.number(),
  inPps: z.number(),
  outPps: z.number(),
  inErrorPercent: z.number(),
  outErrorPercent: z.number(),
  inDropPercent: z.number(),
  outDropPercent: z.number(),
});
export type TrafficView = z.infer<typeof TrafficView>;

export const CountersView = z.object({
  bytesIn: z.int(),
  packetsIn: z.int(),
  errorsIn: z.int(),
  dropsIn: z.int(),
  bytesOut: z.int(),
  packetsOut: z.int(),
  errorsOut: z.int(),
  dropsOut: z.int(),
});
export type CountersView = z.infer<typeof CountersView>;

/** One interface: what it is, what it counted, and what it carries now. `link` is null until it was looked at; `counters` when it is gone. */
export const InterfaceView = z.object({
  name: z.string(),
  link: Link.nullable(),
  up: z.boolean().nullable(),
  counters: CountersView.nullable(),
  traffic: TrafficView.nullable(),
  /** Why there is no traffic now. */
  noDelta: NoDelta.optional(),
  inUtilization: z.number().nullable(),
  outUtilization: z.number().nullable(),
});
export type InterfaceView = z.infer<typeof InterfaceView>;

/** GET /agents/:id/interfaces. `at`: the end of the last tick; null before the first after a start of the controller. */
export const InterfaceList = z.object({
  at: at.nullable(),
  intervalMs: z.int().nullable(),
  failure: Failure.nullable(),
  tickMs: z.number().nullable(),
  total: z.object({ counters: CountersView, traffic: TrafficView.nullable() }).nullable(),
  leftOut: z.int(),
  interfaces: z.array(InterfaceView),
});
export type InterfaceList = z.infer<typeof InterfaceList>;

/** One column of an interface's charts: a round, or the mean and the largest of a bucket. */
export const TrafficColumn = z.object({
  at,
  endAt: at,
  inBps: z.number().nullable(),
  outBps: z.number().nullable(),
  inBpsMax: z.number().nullable(),
  outBpsMax: z.number().nullable(),
  inErrorPercent: z.number().nullable(),
  outErrorPercent: z.number().nullable(),
  inDropPercent: z.number().nullable(),
  outDropPercent: z.number().nullable(),
});
export type TrafficColumn = z.infer<typeof TrafficColumn>;
/** GET /agents/:id/interfaces/history?name&from&to&columns; without a name it is the total over all interfaces. */
export const TrafficHistory = z.object({
  name: z.string().nullable(),
  from: at,
  to: at,
  bucketMs: z.int(),
  intervalMs: z.int(),
  speedBps: z.number().nullable(),
  columns: z.array(TrafficColumn),
  totals: z.object({ inOctets: z.number(), outOctets: z.number() }),
});
export type TrafficHistory = z.infer<typeof TrafficHistory>;

export const ListenerView = Listener.extend({
  /** Since when, as far as the controller saw. */
  since: at.nullable(),
  flags: z.array(z.enum(['every-address', 'unexpected', 'conflict'])),
});
export type ListenerView = z.infer<typeof ListenerView>;

/** GET /agents/:id/sockets. Expected listeners are those of the first look, until a person says otherwise (`expectedBy`). */
export const SocketView = z.object({
  at: at.nullable(),
  failure: Failure.nullable(),
  tcp: SocketSample.shape.tcp.nullable(),
  udp: z.int().nullable(),
  cut: z.boolean(),
  listeners: z.array(ListenerView),
  /** Expected, and nobody listens there now: `tcp 0.0.0.0 22`. */
  missing: z.array(z.string()),
  expectedBy: z.string().nullable(),
  ephemeral: SocketSample.shape.ephemeral,
  /** The share that is gone towards the destination that takes most. */
  ephemeralRatio: z.number(),
  changes: z.array(z.object({ at, level: z.string(), event: z.string(), message: z.string() })),
});
export type SocketView = z.infer<typeof SocketView>;
/** PUT /agents/:id/sockets/expected → SocketView: the listeners there are now are as they should be. */
export const ExpectListeners = z.strictObject({
  listeners: z
    .array(z.strictObject({ protocol: Listener.shape.protocol, address: Listener.shape.address, port: Listener.shape.port }))
    .max(1_000),
});

/** GET /agents/:id/host. */
export const HostView = z.object({
  at: at.nullable(),
  intervalMs: z.int().nullable(),
  failure: Failure.nullable(),
  figures: HostSample.omit({ sockets: true, inventory: true, kind: true }).nullable(),
  inventory: z.object({ at, facts: Inventory }).nullable(),
});
export type HostView = z.infer<typeof HostView>;

export const HostColumn = z.object({
  at,
  endAt: at,
  cpuPercent: z.number().nullable(),
  cpuPercentMax: z.number().nullable(),
  memoryPercent: z.number().nullable(),
  load1: z.number().nullable(),
  loopLagMs: z.number().nullable(),
  established: z.number().nullable(),
  timeWait: z.number().nullable(),
  ephemeralRatio: z.number().nullable(),
});
export type HostColumn = z.infer<typeof HostColumn>;
/** GET /agents/:id/host/history?from&to&columns. */
export const HostHistory = z.object({ from: at, to: at, bucketMs: z.int(), intervalMs: z.int(), columns: z.array(HostColumn) });
export type HostHistory = z.infer<typeof HostHistory>;
