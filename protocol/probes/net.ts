import * as z from 'zod';

/** The agent's own interfaces: counters on every tick, what they are once a minute. Nothing is sent. */
export const NetOptions = z.strictObject({
  kind: z.literal('net'),
  /** Interfaces that are left out; patterns know * and ?. They still count in the totals. */
  notNames: z.array(z.string().min(1).max(64)).max(50).default([]),
});
export type NetOptions = z.infer<typeof NetOptions>;

/** What one interface counts, in this order: in what came in, then the same of what went out (/proc/net/dev). */
export const NET_COUNTERS = ['bytesIn', 'packetsIn', 'errorsIn', 'dropsIn', 'bytesOut', 'packetsOut', 'errorsOut', 'dropsOut'] as const;
export type NetCounter = (typeof NET_COUNTERS)[number];

/** In the order of NET_COUNTERS; raw counters modulo 2^53, so that they stay exact in JSON. */
const Eight = z.array(z.int().nonnegative()).length(NET_COUNTERS.length);

/** Why an interface has no rates in this round: not seen before, its counters began anew, or it counted more than it can carry. */
export const NoDelta = z.enum(['first', 'reset', 'impossible']);
export type NoDelta = z.infer<typeof NoDelta>;

export const InterfaceSample = z.object({
  name: z.string().min(1).max(64),
  counters: Eight,
  /** How far each counted since the last tick; null with the reason in `noDelta`. */
  deltas: Eight.nullable(),
  noDelta: NoDelta.optional(),
  /** What its line carries, where that is known. */
  speedBps: z.number().positive().optional(),
});
export type InterfaceSample = z.infer<typeof InterfaceSample>;

export const LinkAddress = z.object({
  family: z.enum(['v4', 'v6']),
  address: z.string().max(64),
  prefix: z.int().min(0).max(128),
  mask: z.string().max(64),
  /** IPv4 only, where the interface can broadcast and the network has room for it. */
  broadcast: z.string().max(64).nullable(),
});
export type LinkAddress = z.infer<typeof LinkAddress>;

export const LinkKind = z.enum(['physical', 'wireless', 'loopback', 'bridge', 'vlan', 'bond', 'veth', 'tunnel', 'virtual']);
export type LinkKind = z.infer<typeof LinkKind>;

/** What one interface is (/sys/class/net). null: the kernel, or the driver, does not say. */
export const Link = z.object({
  name: z.string().min(1).max(64),
  index: z.int().positive(),
  kind: LinkKind,
  /** Whether somebody switched it on. */
  adminUp: z.boolean(),
  /** RFC 2863's ifOperStatus in the kernel's words: up, down, unknown, dormant, lowerlayerdown, notpresent, testing. */
  operState: z.string().max(20),
  speedBps: z.number().positive().nullable(),
  duplex: z.enum(['full', 'half']).nullable(),
  mtu: z.int().nonnegative().nullable(),
  mac: z.string().max(100),
  /** The bridge or bond that it belongs to. */
  master: z.string().max(64).nullable(),
  /** Of a VLAN: its number and what it lies on. */
  vlan: z.object({ id: z.int().min(0).max(4_095), parent: z.string().max(64).nullable() }).nullable(),
  /** systemd-networkd's word for it (configured, unmanaged, …) and its .network file; null where networkd does not know it. */
  networkd: z.object({ state: z.string().max(40), file: z.string().max(255).nullable() }).nullable(),
  addresses: z.array(LinkAddress).max(64),
});
export type Link = z.infer<typeof Link>;

/** So many interfaces are followed; of more, those beyond are only in the totals. */
export const MOST_INTERFACES = 2_000;

/** One tick over all interfaces. */
export const NetSample = z.object({
  kind: z.literal('net'),
  /** Since the last tick; null in the first one. */
  seconds: z.number().positive().nullable(),
  interfaces: z.array(InterfaceSample).max(MOST_INTERFACES),
  /** Over all interfaces, those too that are left out. Deltas are of those that had one; null in the first tick. */
  total: z.object({ counters: Eight, deltas: Eight.nullable() }),
  leftOut: z.int().nonnegative(),
  /** null: not looked at in this round. */
  links: z.array(Link).max(MOST_INTERFACES).nullable(),
  /** How long the tick took the agent, ms. */
  tickMs: z.number().nonnegative(),
});
export type NetSample = z.infer<typeof NetSample>;
