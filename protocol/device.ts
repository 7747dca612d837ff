import * as z from 'zod';
import { AgentId, TargetId } from './ids.ts';
import { Labels } from './labels.ts';
import { Oid, PortFilter, SnmpAccess, SnmpColumn, SnmpScalar, SnmpSecrets, SnmpTable } from './probes/snmp.ts';
import { Address, AddressFamily } from './target.ts';

/** Sets of scalars and tables that ship with the controller (controller/fleet/snmp/templates). */
export const TemplateName = z.enum(['system', 'host-resources', 'entity-sensor', 'bgp4', 'mikrotik', 'cisco', 'juniper', 'net-snmp']);
export type TemplateName = z.infer<typeof TemplateName>;

/** A box that one agent polls by SNMP. Its secrets stand elsewhere, and leave the controller only sealed to that agent. */
export const Device = z.strictObject({
  id: TargetId,
  /** What people read. */
  name: z.string().min(1).max(120),
  address: Address,
  family: AddressFamily.default('any'),
  port: z.int().min(1).max(65_535).default(161),
  labels: Labels.default({}),
  /** The agent that polls it. */
  agent: AgentId,
  /** false: kept, not polled. */
  enabled: z.boolean().default(true),
  intervalMs: z.int().min(5_000).max(3_600_000).default(60_000),
  timeoutMs: z.int().min(200).max(30_000).default(5_000),
  retries: z.int().min(0).max(5).default(1),
  access: SnmpAccess,
  /** null: no ports. */
  ports: PortFilter.nullable().prefault({}),
  /** null: those that fit what the device says it is. */
  templates: z.array(TemplateName).max(20).nullable().default(null),
  scalars: z.array(SnmpScalar).max(100).default([]),
  tables: z.array(SnmpTable).max(20).default([]),
});
export type Device = z.infer<typeof Device>;

/** An OID in numbers, or a name of a MIB that the controller has: `IF-MIB::ifMtu`, `sysUpTime.0`. */
export const OidOrName = z.union([Oid, z.string().regex(/^([A-Za-z][A-Za-z0-9-]*::)?[A-Za-z][A-Za-z0-9-]*(\.\d+)*$/)], {
  error: 'oid: numbers such as 1.3.6.1.2.1.1.3.0, or a name such as IF-MIB::ifMtu',
});
/** As a person writes it: names for numbers, defaults missing, secrets beside it. Secrets that are not said stay as they are. */
export const DeviceInput = Device.extend({
  scalars: z
    .array(SnmpScalar.extend({ oid: OidOrName }))
    .max(100)
    .default([]),
  tables: z
    .array(
      SnmpTable.extend({
        columns: z
          .array(SnmpColumn.extend({ oid: OidOrName }))
          .min(1)
          .max(40),
      }),
    )
    .max(20)
    .default([]),
  secrets: SnmpSecrets.prefault({}),
});
export type DeviceInput = z.infer<typeof DeviceInput>;

/** What a device, or one of its ports, did. `link` is a port that came up or went down. */
export const DeviceEventKind = z.enum([
  'restarted',
  'replaced',
  'device-renamed',
  'configuration',
  'hardware',
  'port-added',
  'port-gone',
  'port-back',
  'port-renumbered',
  'port-renamed',
  'port-described',
  'port-speed',
  'link',
]);
export type DeviceEventKind = z.infer<typeof DeviceEventKind>;
