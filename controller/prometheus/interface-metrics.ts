// Interfaces and sockets: the agents' own (Telegraf's net and netstat) and ports by SNMP, as node_exporter, snmp_exporter and the network dashboards name them.
import type { Point } from '../series/store.ts';
import type { Family, Labels, Sample } from '../../protocol/exposition.ts';

export interface PolledSeries {
  newest: Point;
  /** The one before it, for rates. */
  before: Point | null;
}

const NET: readonly (readonly [name: string, help: string, field: string, direction: string])[] = [
  ['bytes', 'Bytes by interface and direction.', 'bytes_sent', 'sent'],
  ['bytes', 'Bytes by interface and direction.', 'bytes_recv', 'recv'],
  ['packets', 'Packets by interface and direction.', 'packets_sent', 'sent'],
  ['packets', 'Packets by interface and direction.', 'packets_recv', 'recv'],
  ['errors', 'Errors by interface and direction.', 'err_out', 'sent'],
  ['errors', 'Errors by interface and direction.', 'err_in', 'recv'],
  ['drops', 'Drops by interface and direction.', 'drop_out', 'sent'],
  ['drops', 'Drops by interface and direction.', 'drop_in', 'recv'],
];
const NODE: readonly (readonly [name: string, help: string, field: string])[] = [
  ['node_network_receive_bytes_total', 'Bytes received.', 'bytes_recv'],
  ['node_network_transmit_bytes_total', 'Bytes sent.', 'bytes_sent'],
  ['node_network_receive_packets_total', 'Packets received.', 'packets_recv'],
  ['node_network_transmit_packets_total', 'Packets sent.', 'packets_sent'],
  ['node_network_receive_errs_total', 'Errors on receiving.', 'err_in'],
  ['node_network_transmit_errs_total', 'Errors on sending.', 'err_out'],
  ['node_network_receive_drop_total', 'Drops on receiving.', 'drop_in'],
  ['node_network_transmit_drop_total', 'Drops on sending.', 'drop_out'],
];
const STATES: readonly (readonly [field: string, status: string])[] = [
  ['tcp_established', 'ESTABLISHED'],
  ['tcp_listen', 'LISTEN'],
  ['tcp_time_wait', 'TIME_WAIT'],
  ['tcp_close_wait', 'CLOSE_WAIT'],
  ['tcp_syn_sent', 'SYN_SENT'],
  ['tcp_syn_recv', 'SYN_RECV'],
];
const PORT = ['ifHCInOctets', 'ifHCOutOctets', 'ifInErrors', 'ifOutErrors', 'ifInDiscards', 'ifOutDiscards'] as const;

/** `prefix` stands before the names of bytes, packets, errors, drops and connections: `sonde_` unless asked otherwise. */
export const interfaceFamilies = (series: readonly PolledSeries[], prefix: string): Family[] => {
  const of = (measurement: string): PolledSeries[] => series.filter(({ newest }) => newest.measurement === measurement);
  const [net, netstat, ports] = [of('net'), of('netstat'), of('interface')];
  return [
    ...[...Map.groupBy(NET, ([name]) => name)].map(
      ([name, rows]): Family => ({
        name: `${prefix}network_${name}_total`,
        help: rows[0]?.[1] ?? '',
        type: 'counter',
        samples: rows.flatMap(([, , field, direction]) =>
          samples(net, field, ({ tags }) => ({ interface: tags['interface'] ?? '', direction })),
        ),
      }),
    ),
    {
      name: `${prefix}network_connections`,
      help: 'TCP connections by state.',
      type: 'gauge',
      samples: STATES.flatMap(([field, status]) => samples(netstat, field, () => ({ status }))),
    },
    ...NODE.map(
      ([name, help, field]): Family => ({
        name,
        help,
        type: 'counter',
        samples: samples(net, field, ({ tags }) => ({ device: tags['interface'] ?? '' })),
      }),
    ),
    ...PORT.map((name): Family => ({ name, help: `IF-MIB ${name}.`, type: 'counter', samples: samples(ports, name, portLabels) })),
    {
      name: 'network_bandwidth_mbps',
      help: 'What the host sends, over all interfaces but loopback, Mbit/s.',
      type: 'gauge',
      samples: bandwidth(net),
    },
  ];
};

const samples = (all: readonly PolledSeries[], field: string, labels: (point: Point) => Labels): Sample[] =>
  all.flatMap(({ newest }) => {
    const value = newest.fields[field];
    return typeof value === 'number' ? [{ labels: { agent: agentOf(newest), ...labels(newest) }, value }] : [];
  });

const agentOf = ({ tags }: Point): string => tags['agent'] ?? tags['host'] ?? '';

const portLabels = ({ tags }: Point): Labels => ({
  source: tags['source'] ?? tags['agent_host'] ?? '',
  ifName: tags['ifName'] ?? '',
  ifAlias: tags['ifAlias'] ?? '',
  ifIndex: tags['ifIndex'] ?? '',
});

const bandwidth = (net: readonly PolledSeries[]): Sample[] => {
  const byAgent = new Map<string, number>();
  for (const { newest, before } of net) {
    const [now, then] = [newest.fields['bytes_sent'], before?.fields['bytes_sent']];
    if (newest.tags['interface'] === 'lo' || before === null || typeof now !== 'number' || typeof then !== 'number') continue;
    const seconds = (newest.at - before.at) / 1000;
    if (seconds <= 0 || now < then) continue;
    byAgent.set(agentOf(newest), (byAgent.get(agentOf(newest)) ?? 0) + ((now - then) * 8) / seconds / 1e6);
  }
  return [...byAgent].map(([agent, value]) => ({ labels: { agent }, value }));
};
