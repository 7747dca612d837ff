import type { Point } from '../../controller/series/store.ts';

/** What Telegraf's own inputs write (cpu, mem, system, net, netstat, snmp's interface), with their types: every `everyMs` from ≤ at < to. */
export const telegrafPoints = (host: string, from: number, to: number, everyMs: number): Point[] =>
  Array.from({ length: Math.ceil((to - from) / everyMs) }, (_, i) => from + i * everyMs).flatMap((at) => at_(host, at, (at - from) / 1000));

const at_ = (host: string, at: number, seconds: number): Point[] => {
  const counter = (perSecond: number): number => Math.round(1e9 + perSecond * seconds);
  const integers = (fields: Point['fields']): Pick<Point, 'fields' | 'integers'> => ({ fields, integers: Object.keys(fields) });
  return [
    {
      measurement: 'cpu',
      tags: { host, cpu: 'cpu-total' },
      at,
      fields: { usage_user: 12.5, usage_system: 3.25, usage_idle: 84.25, usage_iowait: 0 },
    },
    {
      measurement: 'mem',
      tags: { host },
      at,
      fields: { total: 8e9, used: 3e9, available: 5e9, free: 1e9, used_percent: 37.5, available_percent: 62.5 },
      integers: ['total', 'used', 'available', 'free'],
    },
    {
      measurement: 'system',
      tags: { host },
      at,
      fields: { load1: 0.4, load5: 0.3, load15: 0.2, uptime: Math.round(86_400 + seconds), n_cpus: 4 },
      integers: ['uptime', 'n_cpus'],
    },
    {
      measurement: 'net',
      tags: { host, interface: 'eth0' },
      at,
      ...integers({
        bytes_sent: counter(125_000),
        bytes_recv: counter(250_000),
        packets_sent: counter(100),
        packets_recv: counter(200),
        err_in: counter(0.1),
        err_out: counter(0),
        drop_in: counter(0.2),
        drop_out: counter(0),
        speed: 1_000,
      }),
    },
    {
      measurement: 'netstat',
      tags: { host },
      at,
      ...integers({
        tcp_established: 12,
        tcp_listen: 9,
        tcp_time_wait: 3,
        tcp_close_wait: 1,
        tcp_syn_sent: 0,
        tcp_syn_recv: 0,
        udp_socket: 7,
      }),
    },
    ...['acme', 'umbrella'].map((customer, i) => ({
      measurement: 'interface',
      tags: { host, agent_host: 'sw1', source: 'sw1', sysName: 'sw1', ifName: `ge-0/0/${i}`, ifAlias: customer, customer },
      at,
      ...integers({
        ifHCInOctets: counter(1_000_000 * (i + 1)),
        ifHCOutOctets: counter(500_000),
        ifInErrors: counter(0),
        ifOutErrors: counter(0),
        ifInDiscards: counter(0.5),
        ifOutDiscards: counter(0),
        ifHighSpeed: 10_000,
        ifOperStatus: 1,
      }),
    })),
  ];
};
