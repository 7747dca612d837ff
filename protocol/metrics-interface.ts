import type { Metric } from './metrics.ts';

// The ports of devices, as Telegraf's inputs.snmp writes `interface`: raw counters under their MIB names (modulo 2^53), and beside them what
// Telegraf leaves to the reader: rates that know a wrap from a reset.

type Row = Omit<Metric, 'measurement' | 'telegraf'>;
const raw = (field: string, definition: string, unit: Metric['unit'] = 'count'): Metric => ({
  measurement: 'interface',
  telegraf: true,
  unit,
  definition,
  standard: 'RFC 2863',
  field,
  type: 'int',
  merge: 'last',
});
const ours = (row: Row): Metric => ({ measurement: 'interface', telegraf: false, ...row });
const rate = (field: string, unit: Metric['unit'], definition: string): Metric =>
  ours({ unit, definition, standard: 'RFC 2863; wrap, reset and discontinuity told apart', field, type: 'float', merge: 'mean' });
const counted = (field: string, definition: string): Metric =>
  ours({ unit: 'octets', definition, standard: 'RFC 2863', field, type: 'int', merge: 'sum' });

export const INTERFACE_METRICS = {
  in_bits_per_second: rate('in_bits_per_second', 'bits per second', 'received since the last reading'),
  out_bits_per_second: rate('out_bits_per_second', 'bits per second', 'sent since the last reading'),
  in_utilization_ratio: rate('in_utilization_ratio', 'ratio', 'received bits of what the line carries'),
  out_utilization_ratio: rate('out_utilization_ratio', 'ratio', 'sent bits of what the line carries'),
  in_packets_per_second: rate('in_packets_per_second', 'per second', 'packets received'),
  out_packets_per_second: rate('out_packets_per_second', 'per second', 'packets sent'),
  in_errors_per_second: rate('in_errors_per_second', 'per second', 'packets received with errors'),
  out_errors_per_second: rate('out_errors_per_second', 'per second', 'packets not sent because of errors'),
  in_discards_per_second: rate('in_discards_per_second', 'per second', 'good packets thrown away on the way in'),
  out_discards_per_second: rate('out_discards_per_second', 'per second', 'good packets thrown away on the way out'),
  in_broadcast_ratio: rate('in_broadcast_ratio', 'ratio', 'broadcast packets of all that were received'),
  in_octets: counted('in_octets', 'octets received since the last reading: they add up'),
  out_octets: counted('out_octets', 'octets sent since the last reading: they add up'),
  port_speed: ours({
    unit: 'bits per second',
    definition: 'ifHighSpeed, or ifSpeed where that says nothing',
    standard: 'RFC 2863',
    field: 'speed_bits_per_second',
    type: 'int',
    merge: 'last',
  }),
  ifOperStatus: raw('ifOperStatus', '1 up, 2 down, 3 testing, 4 unknown, 5 dormant, 6 not present, 7 lower layer down', 'code'),
  ifAdminStatus: raw('ifAdminStatus', '1 up, 2 down, 3 testing', 'code'),
  ifHCInOctets: raw('ifHCInOctets', 'octets received', 'octets'),
  ifHCOutOctets: raw('ifHCOutOctets', 'octets sent', 'octets'),
  ifInOctets: raw('ifInOctets', 'octets received, 32 bits', 'octets'),
  ifOutOctets: raw('ifOutOctets', 'octets sent, 32 bits', 'octets'),
  ifHCInUcastPkts: raw('ifHCInUcastPkts', 'unicast packets received'),
  ifHCOutUcastPkts: raw('ifHCOutUcastPkts', 'unicast packets sent'),
  ifHCInMulticastPkts: raw('ifHCInMulticastPkts', 'multicast packets received'),
  ifHCOutMulticastPkts: raw('ifHCOutMulticastPkts', 'multicast packets sent'),
  ifHCInBroadcastPkts: raw('ifHCInBroadcastPkts', 'broadcast packets received'),
  ifHCOutBroadcastPkts: raw('ifHCOutBroadcastPkts', 'broadcast packets sent'),
  ifInUcastPkts: raw('ifInUcastPkts', 'unicast packets received, 32 bits'),
  ifOutUcastPkts: raw('ifOutUcastPkts', 'unicast packets sent, 32 bits'),
  ifInNUcastPkts: raw('ifInNUcastPkts', 'other packets received, 32 bits'),
  ifOutNUcastPkts: raw('ifOutNUcastPkts', 'other packets sent, 32 bits'),
  ifInErrors: raw('ifInErrors', 'packets received with errors'),
  ifOutErrors: raw('ifOutErrors', 'packets not sent because of errors'),
  ifInDiscards: raw('ifInDiscards', 'good packets thrown away on the way in'),
  ifOutDiscards: raw('ifOutDiscards', 'good packets thrown away on the way out'),
} as const satisfies Readonly<Record<string, Metric>>;

const poll = (field: string, unit: Metric['unit'], definition: string, type: Metric['type'] = 'int'): Metric => ({
  measurement: 'snmp',
  telegraf: false,
  unit,
  definition,
  standard: 'none: the agent about its poll',
  field,
  type,
  merge: type === 'string' ? 'last' : 'max',
});

export const SNMP_METRICS = {
  sys_up_time: {
    measurement: 'snmp',
    telegraf: true,
    unit: 'count',
    definition: 'sysUpTime, hundredths of a second',
    standard: 'RFC 3418',
    field: 'sysUpTime',
    type: 'int',
    merge: 'last',
  },
  poll_failed: { ...poll('failed', 'rounds', '1 when the device gave nothing'), merge: 'sum' },
  poll_reason: poll('reason', 'text', 'why it gave nothing: a stable code', 'string'),
  poll_blame: poll('blame', 'text', 'who is to blame: target, resolver, path or agent', 'string'),
  poll_complete: { ...poll('complete', 'code', '1 when everything was read, 0 when budget or faults ended the poll'), merge: 'min' },
  poll_requests: poll('requests', 'packets', 'datagrams sent'),
  poll_timeouts: poll('timeouts', 'packets', 'requests without an answer'),
  poll_variables: poll('variables', 'count', 'variables read'),
  poll_slowest_ms: poll('slowest_ms', 'ms', 'the slowest answer', 'float'),
  poll_duration_ms: poll('duration_ms', 'ms', 'how long the poll took'),
  poll_interval_ms: { ...poll('interval_ms', 'ms', "the device's interval"), merge: 'last' },
  poll_ports: poll('ports', 'count', 'ports that are followed'),
} as const satisfies Readonly<Record<string, Metric>>;
