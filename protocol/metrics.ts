// The metric catalogue: what each number means, its unit, its standard, and under which name it is stored. Rules, API and pages speak
// `name`; only the schema of the series (controller/series/schema.ts) speaks the stored name, which is Telegraf's where Telegraf has one.

import { INTERFACE_METRICS, SNMP_METRICS } from './metrics-interface.ts';
import { MACHINE_METRICS } from './metrics-machine.ts';

export type MetricUnit =
  | 'ms'
  | 'packets'
  | 'ratio'
  | 'percent'
  | 'hops'
  | 'code'
  | 'text'
  | 'rounds'
  | 'count'
  | 'octets'
  | 'bits per second'
  | 'per second'
  | 'bytes'
  | 'seconds'
  | 'celsius';
/** How values of many rounds make one. `sketch` merges sketches; the quantiles of a bucket come from it and are never averaged. */
export type Merge = 'sum' | 'mean' | 'min' | 'max' | 'last' | 'sketch' | 'from-sketch' | 'from-counts';
/** The stored type; it never changes, because a field that is once integer and once float is refused for ever. */
export type FieldType = 'int' | 'float' | 'string';

export type Measurement =
  | 'ping'
  | 'interface'
  | 'snmp'
  | 'net'
  | 'net_total'
  | 'netstat'
  | 'cpu'
  | 'mem'
  | 'swap'
  | 'system'
  | 'processes'
  | 'procstat'
  | 'temp'
  | 'agent';

export interface Metric {
  readonly unit: MetricUnit;
  readonly definition: string;
  readonly standard: string;
  readonly measurement: Measurement;
  readonly field: string;
  readonly type: FieldType;
  readonly merge: Merge;
  /** True when the field's name, unit and type are Telegraf's own. */
  readonly telegraf: boolean;
}

const ping = (row: Omit<Metric, 'measurement' | 'telegraf'>): Metric => ({ measurement: 'ping', telegraf: true, ...row });
const ours = (row: Omit<Metric, 'measurement' | 'telegraf'>): Metric => ({ measurement: 'ping', telegraf: false, ...row });
const quantile = (percent: number, field: string): Metric =>
  ping({
    unit: 'ms',
    definition: `${percent}th percentile of the RTT of received packets, nearest-rank`,
    standard: 'RFC 2681; RFC 2330 section 11.3',
    field,
    type: 'float',
    merge: 'from-sketch',
  });
const packets = (field: string, definition: string, standard: string): Metric =>
  ours({ unit: 'packets', definition, standard, field, type: 'int', merge: 'sum' });
const variation = (field: string, definition: string, standard: string): Metric =>
  ours({ unit: 'ms', definition: `${definition}, computed on round-trip delay`, standard, field, type: 'float', merge: 'mean' });
const own = (field: string, definition: string): Metric =>
  ours({ unit: 'ms', definition, standard: 'none: the agent about itself', field, type: 'float', merge: 'max' });

export const METRICS = {
  sent: ping({
    unit: 'packets',
    definition: 'echo requests sent',
    standard: 'RFC 6673',
    field: 'packets_transmitted',
    type: 'int',
    merge: 'sum',
  }),
  received: ping({
    unit: 'packets',
    definition: 'replies within the timeout',
    standard: 'RFC 6673',
    field: 'packets_received',
    type: 'int',
    merge: 'sum',
  }),
  loss_ratio: ping({
    unit: 'ratio',
    definition: 'lost / (sent - unknown); stored as percent; absent when every packet is unknown',
    standard: 'RFC 6673; RFC 2680',
    field: 'percent_packet_loss',
    type: 'float',
    merge: 'from-counts',
  }),
  rtt_min_ms: ping({
    unit: 'ms',
    definition: 'smallest RTT',
    standard: 'RFC 2681',
    field: 'minimum_response_ms',
    type: 'float',
    merge: 'min',
  }),
  rtt_mean_ms: ping({
    unit: 'ms',
    definition: 'mean RTT',
    standard: 'RFC 2681',
    field: 'average_response_ms',
    type: 'float',
    merge: 'mean',
  }),
  rtt_max_ms: ping({
    unit: 'ms',
    definition: 'largest RTT',
    standard: 'RFC 2681',
    field: 'maximum_response_ms',
    type: 'float',
    merge: 'max',
  }),
  rtt_stddev_ms: ping({
    unit: 'ms',
    definition: 'standard deviation of the RTT',
    standard: 'RFC 2681',
    field: 'standard_deviation_ms',
    type: 'float',
    merge: 'mean',
  }),
  rtt_p5_ms: quantile(5, 'percentile5_ms'),
  rtt_p10_ms: quantile(10, 'percentile10_ms'),
  rtt_p25_ms: quantile(25, 'percentile25_ms'),
  rtt_median_ms: quantile(50, 'percentile50_ms'),
  rtt_p75_ms: quantile(75, 'percentile75_ms'),
  rtt_p90_ms: quantile(90, 'percentile90_ms'),
  rtt_p95_ms: quantile(95, 'percentile95_ms'),
  rtt_p99_ms: quantile(99, 'percentile99_ms'),
  reply_ttl: ping({
    unit: 'hops',
    definition: 'TTL of the last reply, IPv4 only',
    standard: 'RFC 791',
    field: 'ttl',
    type: 'int',
    merge: 'last',
  }),
  result_code: ping({
    unit: 'code',
    definition: '0 measured, 1 no such host, 2 not measured',
    standard: 'Telegraf',
    field: 'result_code',
    type: 'int',
    merge: 'max',
  }),
  lost: packets('lost', 'packets without a reply within the timeout', 'RFC 6673'),
  late: packets('late', 'lost packets whose reply came after the timeout', 'RFC 6673'),
  unknown: packets('unknown', 'packets sent while the socket dropped: neither received nor lost', 'none'),
  duplicates: packets('duplicates', 'replies beyond the first to a packet', 'RFC 5560'),
  reordered: packets('reordered', 'replies that arrived after one of a later-sent packet', 'RFC 4737'),
  longest_loss_run: ours({
    unit: 'packets',
    definition: 'most packets lost in a row',
    standard: 'RFC 3357',
    field: 'longest_loss_run',
    type: 'int',
    merge: 'max',
  }),
  icmp_errors: packets('icmp_errors', 'ICMP errors that quote one of our packets', 'RFC 792; RFC 4443'),
  ipdv_mean_abs_ms: variation('ipdv_mean_abs_ms', 'mean of |D(i) - D(i-1)|', 'RFC 3393; RFC 5481 section 4.1'),
  ipdv_p95_abs_ms: variation('ipdv_p95_abs_ms', '95th percentile of |D(i) - D(i-1)|', 'RFC 3393; RFC 5481 section 4.1'),
  pdv_p95_ms: variation('pdv_p95_ms', '95th percentile of D(i) - min D', 'RFC 5481 section 4.2'),
  pdv_max_ms: variation('pdv_max_ms', 'largest D(i) - min D', 'RFC 5481 section 4.2'),
  jitter_rfc3550_ms: variation('jitter_rfc3550_ms', 'J += (|D| - J) / 16 over the round', 'RFC 3550 section 6.4.1'),
  error_bound_ms: own('error_bound_ms', 'how far the agent may have moved the median RTT'),
  canary_ms: own('canary_ms', 'median RTT of the loopback canary in the same engine'),
  scheduler_lag_ms: own('scheduler_lag_ms', "95th percentile of how late the engine's ticks were"),
  socket_drops: packets('socket_drops', "packets that the kernel dropped at the agent's socket", 'none'),
  rtt_sketch: ours({
    unit: 'text',
    definition: 'mergeable sketch of the RTTs (protocol/sketch.ts)',
    standard: 'DDSketch',
    field: 'rtt_sketch',
    type: 'string',
    merge: 'sketch',
  }),
  failed: ours({
    unit: 'rounds',
    definition: '1 when the round gave no sample',
    standard: 'none',
    field: 'failed',
    type: 'int',
    merge: 'sum',
  }),
  reason: ours({
    unit: 'text',
    definition: 'why it gave none: a stable code',
    standard: 'none',
    field: 'reason',
    type: 'string',
    merge: 'last',
  }),
  blame: ours({
    unit: 'text',
    definition: 'who is to blame: target, resolver, path or agent',
    standard: 'none',
    field: 'blame',
    type: 'string',
    merge: 'last',
  }),
  address: ours({
    unit: 'text',
    definition: 'the address that was probed',
    standard: 'none',
    field: 'address',
    type: 'string',
    merge: 'last',
  }),
  duration_ms: ours({ unit: 'ms', definition: "the window's length", standard: 'none', field: 'duration_ms', type: 'int', merge: 'max' }),
  interval_ms: ours({ unit: 'ms', definition: "the task's interval", standard: 'none', field: 'interval_ms', type: 'int', merge: 'last' }),
  arrival_lag_ms: ours({
    unit: 'ms',
    definition: 'only for backfill: how long after its end the round arrived; no rule has judged it',
    standard: 'none',
    field: 'arrival_lag_ms',
    type: 'int',
    merge: 'max',
  }),
  time_source: ours({
    unit: 'text',
    definition: "controller, or wall: the agent's own clock",
    standard: 'none',
    field: 'time_source',
    type: 'string',
    merge: 'last',
  }),
  time_bound_ms: ours({
    unit: 'ms',
    definition: 'how far the timestamp may be off',
    standard: 'RFC 5905',
    field: 'time_bound_ms',
    type: 'float',
    merge: 'max',
  }),
  ...INTERFACE_METRICS,
  ...SNMP_METRICS,
  ...MACHINE_METRICS,
} as const satisfies Readonly<Record<string, Metric>>;
export type MetricName = keyof typeof METRICS;

const TYPES: ReadonlyMap<string, FieldType> = new Map(
  Object.values(METRICS).map(({ measurement, field, type }) => [`${measurement}.${field}`, type]),
);

/** The type of a stored field; undefined for one that the catalogue does not know. */
export const fieldType = (measurement: string, field: string): FieldType | undefined => TYPES.get(`${measurement}.${field}`);
