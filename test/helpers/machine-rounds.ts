import type { HostSample, SocketSample } from '../../protocol/probes/host.ts';
import type { InterfaceSample, Link, NetSample } from '../../protocol/probes/net.ts';
import type { Round } from '../../protocol/round.ts';

/** Rounds of an agent's own machine that end at `endAt`. */
const round = (task: string, endAt: number, intervalMs: number, sample: NetSample | HostSample): Round => ({
  seq: Math.max(1, Math.round(endAt / 1_000)),
  task,
  at: endAt - intervalMs,
  durationMs: intervalMs,
  intervalMs,
  time: { source: 'controller', boundMs: 0.4, ageS: 12.5 },
  outcome: { status: 'sampled', sample },
});

export const interfaceSample = (name: string, bytes: number, change: Partial<InterfaceSample> = {}): InterfaceSample => ({
  name,
  counters: [bytes * 3, 300, 1, 2, bytes * 2, 200, 0, 4],
  deltas: [bytes, 100, 1, 0, Math.floor(bytes / 2), 50, 0, 1],
  ...change,
});

export const netRound = (endAt: number, change: Partial<NetSample>): Round =>
  round('self/net', endAt, 10_000, {
    kind: 'net',
    seconds: 10,
    interfaces: [interfaceSample('eth0', 1_000)],
    total: { counters: [3_000, 300, 1, 2, 2_000, 200, 0, 4], deltas: [1_000, 100, 1, 0, 500, 50, 0, 1] },
    leftOut: 0,
    links: null,
    tickMs: 0.4,
    ...change,
  });

export const makeLink = (name: string, change: Partial<Link> = {}): Link => ({
  name,
  index: 2,
  kind: 'physical',
  adminUp: true,
  operState: 'up',
  speedBps: 1e9,
  duplex: 'full',
  mtu: 1_500,
  mac: '02:42:ac:11:00:02',
  master: null,
  vlan: null,
  networkd: null,
  addresses: [{ family: 'v4', address: '192.0.2.7', prefix: 24, mask: '255.255.255.0', broadcast: '192.0.2.255' }],
  ...change,
});

export const noSockets: SocketSample = {
  tcp: {
    established: 3,
    syn_sent: 0,
    syn_recv: 0,
    fin_wait1: 0,
    fin_wait2: 0,
    time_wait: 2,
    close: 0,
    close_wait: 0,
    last_ack: 0,
    listen: 1,
    closing: 0,
  },
  udp: 2,
  cut: false,
  listeners: [],
  ephemeral: { low: 32_768, high: 60_999, size: 28_232, used: 3, worst: null },
};

export const hostRound = (endAt: number, change: Partial<HostSample>): Round =>
  round('self/host', endAt, 30_000, {
    kind: 'host',
    cpus: 2,
    cpu: { user: 10, system: 5, idle: 80, nice: 0, iowait: 3, irq: 0, softirq: 1, steal: 1, guest: 0, guestNice: 0 },
    memory: { mem_total: 8e9, mem_available: 6e9, mem_free: 1e9, buffers: 1e8, cached: 4e9, swap_total: 2e9, swap_free: 1.5e9 },
    load: { one: 0.5, five: 0.4, fifteen: 0.3 },
    upS: 86_400.25,
    processes: { running: 1, blocked: 0, total: 240 },
    temperatures: [{ sensor: 'x86_pkg_temp', celsius: 51, criticalCelsius: 100 }],
    own: [{ name: 'agent', pid: 42, cpuPercent: 0.8, rssBytes: 6e7, threads: 7, cpuUserS: 12.5, cpuSystemS: 2 }],
    loopLag: { meanMs: 0.4, maxMs: 3.1 },
    spool: { rounds: 0, bytes: 0, capBytes: 268_435_456, dropped: 0 },
    sockets: null,
    inventory: null,
    ...change,
  });
