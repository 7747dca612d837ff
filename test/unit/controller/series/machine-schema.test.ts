import t from 'tap';
import { pointsOf } from '../../../../controller/series/schema.ts';
import type { Point } from '../../../../controller/series/store.ts';
import { fieldType } from '../../../../protocol/metrics.ts';
import type { Round } from '../../../../protocol/round.ts';
import { hostRound, interfaceSample, makeLink, netRound, noSockets } from '../../../helpers/machine-rounds.ts';

const points = (round: Round): Point[] => pointsOf('ams1', round, { site: 'ams' });
const of = (all: readonly Point[], measurement: string): Point | undefined => all.find((point) => point.measurement === measurement);

t.test("net: Telegraf's counters by interface at the end of the window, with rates, percentages and what the line carries", async (t) => {
  const name = 'we"ird, näme';
  const all = points(
    netRound(50_000, {
      interfaces: [interfaceSample(name, 1_250_000, { speedBps: 1e7 })],
      links: [makeLink(name, { speedBps: 1e7, duplex: 'half' })],
    }),
  );

  t.match(of(all, 'net'), {
    at: 50_000,
    tags: { host: 'ams1', agent: 'ams1', interface: name, task: 'self/net', site: 'ams' },
    fields: {
      bytes_recv: 3_750_000,
      bytes_sent: 2_500_000,
      err_in: 1,
      drop_out: 4,
      in_bits_per_second: 1e6,
      out_bits_per_second: 5e5,
      in_octets: 1_250_000,
      in_utilization_ratio: 0.1,
      out_utilization_ratio: 0.05,
      speed: 10,
      up: 1,
      full_duplex: 0,
      mtu: 1_500,
    },
  });
  t.match(of(all, 'net')?.fields, { in_error_percent: 100 / 101, out_drop_percent: 100 / 51, in_drop_percent: 0 });
  t.match(of(all, 'net_total'), { fields: { bytes_recv: 3_000, in_octets: 1_000, interfaces: 1, failed: 0 } });
});

t.test('net: without a rate there are counters and nothing else; not allowed is told as such', async (t) => {
  const first = of(
    points(netRound(50_000, { seconds: null, interfaces: [interfaceSample('eth0', 5, { deltas: null, noDelta: 'first' })] })),
    'net',
  );
  t.same(Object.keys(first?.fields ?? {}).toSorted(), [
    'bytes_recv',
    'bytes_sent',
    'drop_in',
    'drop_out',
    'err_in',
    'err_out',
    'packets_recv',
    'packets_sent',
  ]);
  const outcome = { status: 'failed', blame: 'agent', reason: 'probe-not-allowed' } as const;
  t.match(points({ ...netRound(50_000, {}), outcome }), [{ measurement: 'net_total', fields: { failed: 1, reason: 'probe-not-allowed' } }]);
  t.match(points({ ...hostRound(50_000, {}), outcome }), [{ measurement: 'agent', fields: { failed: 1 } }]);
});

t.test("host: Telegraf's cpu, mem, swap, system, processes, temp, procstat and netstat", async (t) => {
  const all = points(hostRound(60_000, { sockets: noSockets }));

  t.match(of(all, 'cpu'), {
    at: 60_000,
    tags: { cpu: 'cpu-total', host: 'ams1' },
    fields: { usage_user: 10, usage_idle: 80, usage_steal: 1 },
  });
  t.match(of(all, 'mem')?.fields, { total: 8e9, available: 6e9, used: 2e9, used_percent: 25, available_percent: 75 });
  t.match(of(all, 'swap')?.fields, { used: 5e8, used_percent: 25 });
  t.match(of(all, 'system')?.fields, { load1: 0.5, n_cpus: 2, uptime: 86_400 });
  t.match(of(all, 'temp'), { tags: { sensor: 'x86_pkg_temp' }, fields: { temp: 51 } });
  t.match(of(all, 'procstat'), {
    tags: { process_name: 'sonde-agent' },
    fields: { cpu_usage: 0.8, memory_rss: 6e7, num_threads: 7, pid: 42 },
  });
  t.match(of(all, 'netstat')?.fields, {
    tcp_established: 3,
    tcp_time_wait: 2,
    tcp_listen: 1,
    udp_socket: 2,
    ephemeral_size: 28_232,
    ephemeral_used_ratio: 0,
  });
  t.match(of(all, 'agent')?.fields, { loop_lag_max_ms: 3.1, spool_rounds: 0 });
  t.equal(of(points(hostRound(60_000, { cpu: null })), 'cpu'), undefined, 'what was not measured is not there');
});

t.test('every field of the own machine is in the catalogue, with a value of its type', async (t) => {
  const rounds = [netRound(10_000, { links: [makeLink('eth0')] }), hostRound(30_000, { sockets: noSockets })];
  for (const { measurement, fields } of rounds.flatMap(points))
    for (const [field, value] of Object.entries(fields)) {
      const type = fieldType(measurement, field);
      const is = typeof value === 'string' ? 'string' : type === 'float' ? 'float' : Number.isInteger(value) ? 'int' : 'float';
      t.equal(is, type, `${measurement}.${field}`);
    }
});
