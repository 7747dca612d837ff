import * as z from 'zod';

export const Oid = z.string().regex(/^[0-2](\.(0|[1-9][0-9]{0,9})){1,127}$/, 'an OID in numbers, such as 1.3.6.1.2.1.1.3.0');

/** How a device is spoken to, without its secrets (RFC 1157, RFC 3416, RFC 3414). */
export const SnmpAccess = z.discriminatedUnion('version', [
  z.strictObject({ version: z.literal('1') }),
  z.strictObject({ version: z.literal('2c') }),
  z.strictObject({
    version: z.literal('3'),
    user: z.string().min(1).max(32),
    level: z.enum(['noAuthNoPriv', 'authNoPriv', 'authPriv']),
    authProtocol: z.enum(['md5', 'sha', 'sha224', 'sha256', 'sha384', 'sha512']).default('sha256'),
    /** aes: 128 bits (RFC 3826). aes256: keys as Net-SNMP and most make them; aes256c: as Cisco does. */
    privProtocol: z.enum(['des', 'aes', 'aes256', 'aes256c']).default('aes'),
    context: z.string().max(64).default(''),
  }),
]);
export type SnmpAccess = z.infer<typeof SnmpAccess>;

/** What must not be seen: encrypted at rest, sealed to the polling agent on its way. */
export const SnmpSecrets = z.strictObject({
  community: z.string().min(1).max(255).optional(),
  authKey: z.string().min(8, 'authKey: at least 8 characters (RFC 3414 section 11.2)').max(255).optional(),
  privKey: z.string().min(8, 'privKey: at least 8 characters (RFC 3414 section 11.2)').max(255).optional(),
});
export type SnmpSecrets = z.infer<typeof SnmpSecrets>;

/** A file of its own for the command lines, so that no secret stands in the process list: how to speak to a device, and its secrets. */
export const SnmpAccessFile = z.strictObject({
  access: SnmpAccess.prefault({ version: '2c' }),
  secrets: SnmpSecrets.prefault({}),
  port: z.int().min(1).max(65_535).default(161),
  timeoutMs: z.int().min(200).max(30_000).default(3_000),
  retries: z.int().min(0).max(5).default(1),
});
export type SnmpAccessFile = z.infer<typeof SnmpAccessFile>;

/** Which ports are followed. Patterns know * and ?; upper and lower case are the same. Empty lists let all through. */
export const PortFilter = z.strictObject({
  names: z.array(z.string().min(1).max(120)).max(50).default([]),
  notNames: z.array(z.string().min(1).max(120)).max(50).default([]),
  aliases: z.array(z.string().min(1).max(120)).max(50).default([]),
  /** ifType numbers (IANAifType-MIB): 6 ethernetCsmacd, 24 softwareLoopback, 131 tunnel, 161 ieee8023adLag … */
  types: z.array(z.int().min(1).max(1_000)).max(50).default([]),
  notTypes: z.array(z.int().min(1).max(1_000)).max(50).default([]),
  /** Only ports that are administratively up. */
  adminUp: z.boolean().default(false),
});
export type PortFilter = z.infer<typeof PortFilter>;

const FieldName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,63}$/, 'letters, digits, _ and -, a letter first');
export const SnmpColumn = z.strictObject({
  name: FieldName,
  oid: Oid,
  /** A tag names the row's series; a field is its value. */
  as: z.enum(['field', 'tag']).default('field'),
  /** auto: numbers as numbers, everything else as text; text, hex and ip say how bytes are written. */
  read: z.enum(['auto', 'text', 'hex', 'ip']).default('auto'),
});
export type SnmpColumn = z.infer<typeof SnmpColumn>;

/** One table, stored as Telegraf's inputs.snmp stores it: a measurement of its own, a point a row, the index as the tag `index`. */
export const SnmpTable = z.strictObject({
  name: FieldName,
  columns: z.array(SnmpColumn).min(1).max(40),
  /** Rows of ENTITY-SENSOR-MIB: value, scale and precision make one number with its unit; rows that are not operational are left out. */
  sensor: z.boolean().default(false),
  /** Read in every n-th round. */
  every: z.int().min(1).max(1_440).default(1),
});
export type SnmpTable = z.infer<typeof SnmpTable>;
export const SnmpScalar = z.strictObject({ name: FieldName, oid: Oid, read: z.enum(['auto', 'text', 'hex', 'ip']).default('auto') });
export type SnmpScalar = z.infer<typeof SnmpScalar>;

export const SnmpOptions = z.strictObject({
  kind: z.literal('snmp'),
  port: z.int().min(1).max(65_535).default(161),
  access: SnmpAccess,
  /** SnmpSecrets as JSON, sealed to the agent (protocol/sealing.ts); '' when there are none (v3 noAuthNoPriv). */
  sealed: z.string().max(2_000),
  /** One request waits this long for its answer. */
  timeoutMs: z.int().min(200).max(30_000).default(5_000),
  retries: z.int().min(0).max(5).default(1),
  /** A poll that takes longer ends there, with what it has. */
  budgetMs: z.int().min(1_000).max(3_600_000).default(45_000),
  /** Bytes of one answer to ask for at most: what fits into one packet of the path. */
  answerBytes: z.int().min(484).max(65_000).default(1_400),
  /** null: no ports at all. */
  ports: PortFilter.nullable(),
  scalars: z.array(SnmpScalar).max(200).default([]),
  tables: z.array(SnmpTable).max(50).default([]),
});
export type SnmpOptions = z.infer<typeof SnmpOptions>;

const count = z.int().nonnegative();
const rate = z.number().nonnegative();
/** A counter modulo 2^53, so that it stays exact in JSON; differences are taken before that. */
const counter = z.int().nonnegative();

/** Why a port has no rates in this round. */
export const NoRate = z.enum(['first', 'reboot', 'discontinuity', 'reset', 'impossible', 'no-counters', 'no-time']);
export type NoRate = z.infer<typeof NoRate>;

/** Rates over the time since the port's last reading; absent: that counter is not there, or said nothing usable. */
export const PortRates = z.object({
  seconds: z.number().positive(),
  inOctets: count.optional(),
  outOctets: count.optional(),
  inBitsPerSecond: rate.optional(),
  outBitsPerSecond: rate.optional(),
  inUtilizationRatio: rate.optional(),
  outUtilizationRatio: rate.optional(),
  inPacketsPerSecond: rate.optional(),
  outPacketsPerSecond: rate.optional(),
  inErrorsPerSecond: rate.optional(),
  outErrorsPerSecond: rate.optional(),
  inDiscardsPerSecond: rate.optional(),
  outDiscardsPerSecond: rate.optional(),
  /** Broadcast packets of all packets that came in. */
  inBroadcastRatio: rate.optional(),
});
export type PortRates = z.infer<typeof PortRates>;

/** One port as the device told it in this round (IF-MIB, RFC 2863), under an id that survives renumbering. */
export const PortSample = z.object({
  id: z.string().min(1).max(64),
  index: z.int().min(0).max(4_294_967_295),
  name: z.string().max(255),
  descr: z.string().max(255),
  alias: z.string().max(255),
  type: z.int().nonnegative(),
  mtu: z.int().nonnegative().optional(),
  /** Lower-case hex with colons; '' when there is none. */
  physAddress: z.string().max(100),
  speedBps: z.number().nonnegative().nullable(),
  admin: z.int().min(0).max(10),
  oper: z.int().min(0).max(10),
  /** Raw counters by their MIB name. */
  counters: z.record(z.string(), counter),
  rates: PortRates.nullable(),
  noRate: NoRate.optional(),
});
export type PortSample = z.infer<typeof PortSample>;

const text = z.string().max(1_024);
/** One poll of one device. */
export const SnmpSample = z.object({
  kind: z.literal('snmp'),
  address: z.string(),
  /** null: the device does not say. */
  system: z.object({
    name: text,
    descr: text,
    objectId: text,
    contact: text,
    location: text,
    upTimeCs: count.nullable(),
  }),
  /** sysUpTime at the time of the last change, hundredths of a second: of the hardware (ENTITY-MIB), of the running configuration
   * (CISCO-CONFIG-MAN-MIB), of the port table (IF-MIB). */
  changed: z.object({ entityCs: count.nullable(), configurationCs: count.nullable(), portsCs: count.nullable() }),
  requests: count,
  timeouts: count,
  variables: count,
  /** The slowest answer, ms. */
  slowestMs: z.number().nonnegative(),
  /** False: the budget or a fault ended the poll before all was read. Ports that are missing then are not gone. */
  complete: z.boolean(),
  /** What was wrong with the device's answers, each once, for people. */
  problems: z.array(z.string().max(200)).max(20),
  ports: z.array(PortSample).max(20_000),
  values: z
    .array(
      z.object({
        measurement: z.string().max(64),
        tags: z.record(z.string(), z.string().max(255)),
        fields: z.record(z.string(), z.union([z.number(), z.string().max(1_024)])),
      }),
    )
    .max(50_000),
});
export type SnmpSample = z.infer<typeof SnmpSample>;
