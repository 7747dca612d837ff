// How the agent's own machine becomes points, as Telegraf's inputs write them; what Telegraf lacks lies beside it, or in `net_total` and `agent`.
import type { HostSample, SocketSample } from '../../protocol/probes/host.ts';
import type { InterfaceSample, Link, NetSample } from '../../protocol/probes/net.ts';
import type { Round } from '../../protocol/round.ts';
import type { FieldValue, Point } from './store.ts';

export const NET = 'net';
export const NET_TOTAL = 'net_total';

type Tags = Readonly<Record<string, string>>;
type Fields = Record<string, FieldValue>;

/** The points of one round of `net` or `host`. Its window has ended when the machine was looked at: that is the time of the points. */
export const machinePointsOf = (agent: string, round: Round, labels: Tags): Point[] => {
  const tags = { ...labels, host: agent, agent, task: round.task };
  const at = round.at + round.durationMs;
  const { outcome } = round;
  if (outcome.status === 'failed') {
    const measurement = round.task.endsWith('/net') ? NET_TOTAL : 'agent';
    return [{ measurement, tags, at, fields: { failed: 1, reason: outcome.reason } }];
  }
  const { sample } = outcome;
  if (sample.kind === 'net') return netPoints(sample, tags, at);
  return sample.kind === 'host' ? hostPoints(sample, tags, at) : [];
};

const netPoints = (sample: NetSample, tags: Tags, at: number): Point[] => {
  const links = new Map(sample.links?.map((link) => [link.name, link]));
  const { total, interfaces, leftOut, tickMs, seconds } = sample;
  const all = { failed: 0, interfaces: interfaces.length + leftOut, tick_ms: tickMs };
  return [
    { measurement: NET_TOTAL, tags, at, fields: { ...all, ...counted(total.counters), ...rates(total.deltas, seconds) } },
    ...interfaces.map(
      (one): Point => ({
        measurement: NET,
        tags: { ...tags, interface: one.name },
        at,
        fields: {
          ...counted(one.counters),
          ...rates(one.deltas, seconds),
          ...utilization(one, seconds),
          ...linkFields(links.get(one.name)),
        },
      }),
    ),
  ];
};

/** In the order of NET_COUNTERS. */
const counted = ([
  bytesIn = 0,
  packetsIn = 0,
  errorsIn = 0,
  dropsIn = 0,
  bytesOut = 0,
  packetsOut = 0,
  errorsOut = 0,
  dropsOut = 0,
]: readonly number[]): Fields => ({
  bytes_recv: bytesIn,
  bytes_sent: bytesOut,
  packets_recv: packetsIn,
  packets_sent: packetsOut,
  err_in: errorsIn,
  err_out: errorsOut,
  drop_in: dropsIn,
  drop_out: dropsOut,
});

const rates = (deltas: readonly number[] | null, seconds: number | null): Fields => {
  if (deltas === null || seconds === null) return {};
  const [bytesIn = 0, packetsIn = 0, errorsIn = 0, dropsIn = 0, bytesOut = 0, packetsOut = 0, errorsOut = 0, dropsOut = 0] = deltas;
  return {
    in_octets: bytesIn,
    out_octets: bytesOut,
    in_bits_per_second: (8 * bytesIn) / seconds,
    out_bits_per_second: (8 * bytesOut) / seconds,
    in_packets_per_second: packetsIn / seconds,
    out_packets_per_second: packetsOut / seconds,
    in_error_percent: percent(errorsIn, packetsIn),
    out_error_percent: percent(errorsOut, packetsOut),
    in_drop_percent: percent(dropsIn, packetsIn),
    out_drop_percent: percent(dropsOut, packetsOut),
  };
};

/** Bad ones of all that there were. Some drivers count them among the good ones too: then it is a little too low, never more than all. */
const percent = (bad: number, good: number): number => (bad === 0 ? 0 : (100 * bad) / (bad + good));

const utilization = ({ deltas, speedBps }: InterfaceSample, seconds: number | null): Fields => {
  if (speedBps === undefined || deltas === null || seconds === null) return {};
  const used = (bytes: number): number => Math.min(1, (8 * bytes) / seconds / speedBps);
  return { in_utilization_ratio: used(deltas[0] ?? 0), out_utilization_ratio: used(deltas[4] ?? 0) };
};

const linkFields = (link: Link | undefined): Fields => {
  if (link === undefined) return {};
  const works = link.adminUp && (link.operState === 'up' || link.operState === 'unknown');
  const fields: Fields = { up: works ? 1 : 0 };
  if (link.speedBps !== null) fields['speed'] = Math.round(link.speedBps / 1e6);
  if (link.duplex !== null) fields['full_duplex'] = link.duplex === 'full' ? 1 : 0;
  if (link.mtu !== null) fields['mtu'] = link.mtu;
  return fields;
};

const hostPoints = (sample: HostSample, tags: Tags, at: number): Point[] => {
  const point = (measurement: string, fields: Fields, more: Tags = {}): Point => ({ measurement, tags: { ...tags, ...more }, at, fields });
  const { cpu, load, upS, cpus, processes, spool, loopLag, sockets } = sample;
  const lag: Fields = loopLag === null ? {} : { loop_lag_mean_ms: loopLag.meanMs, loop_lag_max_ms: loopLag.maxMs };
  return [
    ...(cpu === null ? [] : [point('cpu', cpuFields(cpu), { cpu: 'cpu-total' })]),
    ...memoryPoints(sample.memory, point),
    point('system', {
      load1: load.one,
      load5: load.five,
      load15: load.fifteen,
      n_cpus: cpus,
      uptime: Math.floor(upS),
    }),
    point('processes', { running: processes.running, blocked: processes.blocked, total_threads: processes.total }),
    ...sample.temperatures.map(({ sensor, celsius }) => point('temp', { temp: celsius }, { sensor })),
    ...sample.own.map((own) => point('procstat', ownFields(own), { process_name: `sonde-${own.name}` })),
    point('agent', { failed: 0, ...lag, spool_rounds: spool.rounds, spool_bytes: spool.bytes, spool_dropped: spool.dropped }),
    ...(sockets === null ? [] : [point('netstat', socketFields(sockets))]),
  ];
};

const cpuFields = (cpu: NonNullable<HostSample['cpu']>): Fields => ({
  usage_user: cpu.user,
  usage_system: cpu.system,
  usage_idle: cpu.idle,
  usage_nice: cpu.nice,
  usage_iowait: cpu.iowait,
  usage_irq: cpu.irq,
  usage_softirq: cpu.softirq,
  usage_steal: cpu.steal,
  usage_guest: cpu.guest,
  usage_guest_nice: cpu.guestNice,
});

/** Telegraf's name, and the kernel's. */
const MEMORY = [
  ['total', 'mem_total'],
  ['available', 'mem_available'],
  ['free', 'mem_free'],
  ['buffered', 'buffers'],
  ['cached', 'cached'],
  ['active', 'active'],
  ['inactive', 'inactive'],
  ['slab', 'slab'],
] as const;

const memoryPoints = (memory: HostSample['memory'], point: (measurement: string, fields: Fields) => Point): Point[] => {
  const fields: Fields = {};
  for (const [field, name] of MEMORY) if (memory[name] !== undefined) fields[field] = memory[name];
  const { mem_total: total, mem_available: available, swap_total: swap, swap_free: swapFree } = memory;
  if (total !== undefined && total > 0 && available !== undefined) {
    fields['used'] = Math.max(0, total - available);
    fields['used_percent'] = (100 * Math.max(0, total - available)) / total;
    fields['available_percent'] = Math.min(100, (100 * available) / total);
  }
  const swapUsed = Math.max(0, (swap ?? 0) - (swapFree ?? 0));
  return [
    ...(Object.keys(fields).length === 0 ? [] : [point('mem', fields)]),
    ...(swap === undefined || swapFree === undefined
      ? []
      : [point('swap', { total: swap, free: swapFree, used: swapUsed, used_percent: swap > 0 ? (100 * swapUsed) / swap : 0 })]),
  ];
};

const ownFields = (own: HostSample['own'][number]): Fields => ({
  pid: own.pid,
  memory_rss: own.rssBytes,
  num_threads: own.threads,
  cpu_time_user: own.cpuUserS,
  cpu_time_system: own.cpuSystemS,
  ...(own.cpuPercent === null ? {} : { cpu_usage: own.cpuPercent }),
});

const socketFields = ({ tcp, udp, listeners, ephemeral }: SocketSample): Fields => {
  const fields: Fields = { udp_socket: udp };
  for (const [state, count] of Object.entries(tcp)) fields[`tcp_${state}`] = count;
  fields['listeners_open'] = listeners.filter(({ address }) => address === '0.0.0.0' || address === '::').length;
  if (ephemeral === null) return fields;
  const worst = ephemeral.worst?.used ?? 0;
  return {
    ...fields,
    ephemeral_used: ephemeral.used,
    ephemeral_size: ephemeral.size,
    ephemeral_worst: worst,
    ephemeral_used_ratio: Math.min(1, worst / ephemeral.size),
  };
};
