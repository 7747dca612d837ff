import * as z from 'zod';

/** The agent's own machine: load, memory, temperature, sockets, and what the agent itself takes. Nothing is sent. */
export const HostOptions = z.strictObject({
  kind: z.literal('host'),
  /** TCP connections by state, listening ports, ephemeral ports. */
  sockets: z.boolean().default(true),
  /** Sockets are looked at in every n-th round. */
  socketsEvery: z.int().min(1).max(1_440).default(2),
});
export type HostOptions = z.infer<typeof HostOptions>;

const percent = z.number().min(0).max(100);
const count = z.int().nonnegative();

/** Shares of all processors' time since the last round, as Telegraf's `cpu` says them (proc(5), /proc/stat). */
export const CpuUsage = z.object({
  user: percent,
  system: percent,
  idle: percent,
  nice: percent,
  iowait: percent,
  irq: percent,
  softirq: percent,
  steal: percent,
  guest: percent,
  guestNice: percent,
});
export type CpuUsage = z.infer<typeof CpuUsage>;

/** TCP's states (RFC 9293 section 3.3.2) in the names that Telegraf's `netstat` has. */
export const TCP_STATES = [
  'established',
  'syn_sent',
  'syn_recv',
  'fin_wait1',
  'fin_wait2',
  'time_wait',
  'close',
  'close_wait',
  'last_ack',
  'listen',
  'closing',
] as const;
export const TcpState = z.enum(TCP_STATES);
export type TcpState = z.infer<typeof TcpState>;

/** A socket that waits for others: listening TCP, or UDP bound to a port that is no ephemeral one. */
export const Listener = z.object({
  protocol: z.enum(['tcp', 'udp']),
  /** 0.0.0.0 and :: are every address. */
  address: z.string().max(64),
  port: z.int().min(1).max(65_535),
  uid: count,
  /** null: whose it is may not be read (another user's process, an agent without root). */
  process: z.object({ pid: z.int().positive(), name: z.string().max(64) }).nullable(),
});
export type Listener = z.infer<typeof Listener>;

/** The ports that the kernel gives to outgoing connections (ip_local_port_range without ip_local_reserved_ports). */
export const EphemeralPorts = z.object({
  low: z.int(),
  high: z.int(),
  size: z.int().positive(),
  /** Different ports of the range in use. */
  used: count,
  /** The destination that takes the most of them: towards one, no more than `size` can be open (the four-tuple must differ). */
  worst: z.object({ address: z.string().max(64), port: z.int(), used: count }).nullable(),
});
export type EphemeralPorts = z.infer<typeof EphemeralPorts>;

export const MOST_LISTENERS = 1_000;

export const SocketSample = z.object({
  tcp: z.record(TcpState, count),
  udp: count,
  /** True: there are more sockets than are looked at in one round; the figures are of those that were. */
  cut: z.boolean(),
  listeners: z.array(Listener).max(MOST_LISTENERS),
  ephemeral: EphemeralPorts.nullable(),
});
export type SocketSample = z.infer<typeof SocketSample>;

/** One of the agent's own processes. */
export const OwnProcess = z.object({
  name: z.enum(['agent', 'icmp', 'snmp']),
  pid: z.int().positive(),
  /** Of one processor, since the last round; null in its first one. */
  cpuPercent: z.number().nonnegative().nullable(),
  rssBytes: count,
  threads: count,
  cpuUserS: z.number().nonnegative(),
  cpuSystemS: z.number().nonnegative(),
});
export type OwnProcess = z.infer<typeof OwnProcess>;

const text = z.string().max(255);
/** What the machine is, by the `systeminformation` package: read rarely, in a process of its own. */
export const Inventory = z.object({
  system: z.object({ manufacturer: text, model: text, virtual: z.boolean() }),
  os: z.object({ distro: text, release: text, kernel: text, arch: text }),
  cpu: z.object({ model: text, cores: count, physicalCores: count }),
  memoryBytes: count,
  interfaces: z
    .array(
      z.object({
        name: z.string().max(64),
        type: text,
        dhcp: z.boolean().nullable(),
        duplex: text,
        mtu: count.nullable(),
        speedMbps: z.number().nonnegative().nullable(),
      }),
    )
    .max(2_000),
  /** How long reading all this took, ms. */
  tookMs: z.number().nonnegative(),
});
export type Inventory = z.infer<typeof Inventory>;

export const HostSample = z.object({
  kind: z.literal('host'),
  cpus: z.int().positive(),
  /** null in the first round. */
  cpu: CpuUsage.nullable(),
  /** Bytes under the names of /proc/meminfo, lower case with underscores. */
  memory: z.record(z.string().max(40), count),
  load: z.object({ one: z.number(), five: z.number(), fifteen: z.number() }),
  upS: z.number().nonnegative(),
  processes: z.object({ running: count, blocked: count, total: count }),
  temperatures: z.array(z.object({ sensor: z.string().max(64), celsius: z.number(), criticalCelsius: z.number().nullable() })).max(64),
  own: z.array(OwnProcess).max(8),
  /** How late the agent's main loop came to what was due, since the last round; null in the first one. */
  loopLag: z.object({ meanMs: z.number().nonnegative(), maxMs: z.number().nonnegative() }).nullable(),
  spool: z.object({ rounds: count, bytes: count, capBytes: count, dropped: count }),
  /** null: not looked at in this round. */
  sockets: SocketSample.nullable(),
  inventory: Inventory.nullable(),
});
export type HostSample = z.infer<typeof HostSample>;
