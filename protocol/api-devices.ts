import * as z from 'zod';
import { CommandEnd, FoundDevice, FoundVariable } from './command.ts';
import { Device, DeviceEventKind, OidOrName } from './device.ts';
import { AgentId, TargetId } from './ids.ts';
import { NoRate, PortRates, SnmpAccess, SnmpSecrets } from './probes/snmp.ts';
import { Address, AddressFamily } from './target.ts';

// The part of the REST contract (api.ts) that speaks of devices and their ports.

const at = z.number();

/** ok: the last poll gave all. partial: it gave some. failed: it gave nothing; `reason` says why. no-data: the agent is on and no poll came.
 * off: its agent is not connected. waiting: the first poll is still to come. */
export const DeviceState = z.enum(['ok', 'partial', 'failed', 'no-data', 'off', 'waiting']);
export const DeviceView = Device.extend({
  /** Which secrets are kept; they themselves are never shown. */
  has: z.object({ community: z.boolean(), authKey: z.boolean(), privKey: z.boolean() }),
  state: DeviceState,
  reason: z.string().optional(),
  /** The newest poll; null before the first. */
  at: at.nullable(),
  answeredAt: at.nullable(),
  system: z
    .object({
      name: z.string(),
      descr: z.string(),
      objectId: z.string(),
      contact: z.string(),
      location: z.string(),
      upTimeCs: z.number().nullable(),
    })
    .nullable(),
  /** MikroTik, Cisco …: whose the object id is; '' when that is not known. */
  vendor: z.string(),
  usedTemplates: z.array(z.string()),
  portsTotal: z.int(),
  portsUp: z.int(),
  portsDown: z.int(),
  requests: z.int(),
  variables: z.int(),
  durationMs: z.number().nullable(),
  slowestMs: z.number().nullable(),
  problems: z.array(z.string()),
  createdAt: at,
  updatedAt: at,
});
export type DeviceView = z.infer<typeof DeviceView>;
/** GET /devices, /devices/:id; POST (201), PUT with a DeviceInput → Saved; DELETE → Saved. */
export const DeviceList = z.object({ devices: z.array(DeviceView) });

export const PortView = z.object({
  device: TargetId,
  id: z.string(),
  index: z.int(),
  name: z.string(),
  descr: z.string(),
  alias: z.string(),
  type: z.int(),
  mtu: z.int().nullable(),
  physAddress: z.string(),
  speedBps: z.number().nullable(),
  /** ifAdminStatus, ifOperStatus: 1 up, 2 down, 3 testing, 4 unknown, 5 dormant, 6 not present, 7 lower layer down. */
  admin: z.int(),
  oper: z.int(),
  firstAt: at,
  /** When it was read last; when it is gone, the last time that it was there. */
  at,
  goneAt: at.nullable(),
  rates: PortRates.nullable(),
  noRate: NoRate.optional(),
});
export type PortView = z.infer<typeof PortView>;
/** GET /devices/:id/ports?gone=1 (gone ones too); GET /devices/:id/ports/:port. */
export const PortList = z.object({ ports: z.array(PortView) });

/** One column of the port's charts: a round, or the mean and the largest of a bucket. Bit/s, ratios, packets a second. */
export const PortColumn = z.object({
  at,
  endAt: at,
  inBps: z.number().nullable(),
  outBps: z.number().nullable(),
  inBpsMax: z.number().nullable(),
  outBpsMax: z.number().nullable(),
  inErrors: z.number().nullable(),
  outErrors: z.number().nullable(),
  inDiscards: z.number().nullable(),
  outDiscards: z.number().nullable(),
  inPps: z.number().nullable(),
  outPps: z.number().nullable(),
  oper: z.int().nullable(),
});
export type PortColumn = z.infer<typeof PortColumn>;
export const DeviceEvent = z.object({
  id: z.int(),
  at,
  device: TargetId,
  port: z.string().nullable(),
  kind: DeviceEventKind,
  title: z.string(),
});
export type DeviceEvent = z.infer<typeof DeviceEvent>;
/** GET /devices/:id/events?port&from&to&limit, newest first. */
export const DeviceEventList = z.object({ events: z.array(DeviceEvent) });
/** GET /devices/:id/ports/:port/history?from&to&columns. */
export const PortHistory = z.object({
  device: TargetId,
  port: z.string(),
  agent: AgentId,
  intervalMs: z.int(),
  from: at,
  to: at,
  bucketMs: z.int(),
  speedBps: z.number().nullable(),
  columns: z.array(PortColumn),
  /** 95th percentile of the rounds in the range by the nearest rank, as transit is billed; null without any. */
  p95: z.object({ inBps: z.number(), outBps: z.number() }).nullable(),
  totals: z.object({ inOctets: z.number(), outOctets: z.number() }),
  events: z.array(DeviceEvent),
});
export type PortHistory = z.infer<typeof PortHistory>;

/** GET /mibs: those that ship with net-snmp and those that were uploaded. PUT /mibs/:name with the text; DELETE /mibs/:name. */
export const MibView = z.object({
  name: z.string(),
  uploaded: z.boolean(),
  objects: z.int(),
  at: at.nullable(),
  by: z.string().nullable(),
});
export type MibView = z.infer<typeof MibView>;
export const MibList = z.object({ mibs: z.array(MibView) });
export const MibUpload = z.strictObject({ text: z.string().min(20).max(2_000_000) });

const below = {
  /** In numbers or by name. */
  oid: OidOrName.default('1.3.6.1.2.1'),
  most: z.int().min(1).max(100_000).default(20_000),
};
const spoken = {
  /** Who asks. */
  agent: AgentId,
  port: z.int().min(1).max(65_535).default(161),
  access: SnmpAccess.prefault({ version: '2c' }),
  secrets: SnmpSecrets.prefault({}),
  timeoutMs: z.int().min(200).max(30_000).default(3_000),
  retries: z.int().min(0).max(5).default(1),
};
/** POST /devices/:id/walk: the device's own agent asks, with the secrets that are kept. */
export const WalkDevice = z.strictObject(below);
/** POST /snmp/walk: any agent asks any address. Secrets are sealed to the agent, and not kept. */
export const WalkAddress = z.strictObject({ ...spoken, ...below, address: Address, family: AddressFamily.default('any') });
export type WalkAddress = z.infer<typeof WalkAddress>;
/** POST /snmp/discover: which of these addresses, or addresses of these IPv4 networks, speak SNMP. */
export const DiscoverNetworks = z.strictObject({ ...spoken, addresses: z.array(z.string().min(2).max(64)).min(1).max(4_096) });
export type DiscoverNetworks = z.infer<typeof DiscoverNetworks>;
/** All three answer lines of JSON (application/x-ndjson) as they come; the last one says how it ended. */
export const WalkLine = FoundVariable.extend({ name: z.string() });
export const DiscoverLine = FoundDevice;
export const EndLine = z.object({ end: CommandEnd });
