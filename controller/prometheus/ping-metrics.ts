// Rounds as smokeping_prober, blackbox_exporter and the network-quality gauges name them, counted since the start of this process.
import { decodeSketch, LAST_BUCKET, quantileOf } from '../../protocol/sketch.ts';
import type { Point } from '../series/store.ts';
import type { Family, HistogramSample, Labels, Sample } from '../../protocol/exposition.ts';

/** smokeping_prober's own, seconds. */
export const BOUNDS_S = Array.from({ length: 20 }, (_, i) => Number((5e-5 * 2 ** i).toPrecision(6)));

export interface PingSeries {
  readonly labels: Labels;
  newest: Point;
  sent: number;
  duplicates: number;
  sendErrors: number;
  /** Packets whose RTT is in the histogram. */
  timed: number;
  /** By the first bound that an RTT is not above; those above all of them are only in `timed`. */
  readonly counts: number[];
  sumS: number;
}

export const newPing = (point: Point): PingSeries => ({
  labels: labelsOf(point),
  newest: point,
  sent: 0,
  duplicates: 0,
  sendErrors: 0,
  timed: 0,
  counts: BOUNDS_S.map(() => 0),
  sumS: 0,
});

/** `host` and `source` are smokeping_prober's words for the target and who measures it. */
const labelsOf = ({ tags, fields }: Point): Labels => ({
  agent: tags['agent'] ?? '',
  host: tags['target'] ?? '',
  ip: typeof fields['address'] === 'string' ? fields['address'] : '',
  source: tags['agent'] ?? '',
});

/** One more round. The histogram is as exact as the sketch: half a percent of a bound. */
export const countPing = (series: PingSeries, point: Point): void => {
  const number = (field: string): number => numberOf(point, field) ?? 0;
  if (point.at >= series.newest.at) series.newest = point;
  series.sent += number('packets_transmitted');
  series.duplicates += number('duplicates');
  if (number('failed') > 0) series.sendErrors += 1;
  const text = point.fields['rtt_sketch'];
  const decoded = typeof text === 'string' ? decodeSketch(text) : null;
  if (decoded === null || !decoded.ok) return;
  const { buckets, counts } = decoded.value;
  for (let i = 0; i < buckets.length; i += 1) {
    const count = counts[i] ?? 0;
    const bound = BOUND_OF_BUCKET[buckets[i] ?? 0] ?? BOUNDS_S.length;
    series.timed += count;
    if (bound < BOUNDS_S.length) series.counts[bound] = (series.counts[bound] ?? 0) + count;
  }
  series.sumS += (number('average_response_ms') * number('packets_received')) / 1000;
};

/** Which bound a bucket of the sketch counts to. */
const BOUND_OF_BUCKET = Uint8Array.from({ length: LAST_BUCKET + 1 }, (_, bucket) => {
  const seconds = (quantileOf({ buckets: [bucket], counts: [1] }, 1) ?? 0) / 1000;
  const bound = BOUNDS_S.findIndex((one) => seconds <= one);
  return bound < 0 ? BOUNDS_S.length : bound;
});

const cumulated = (counts: readonly number[]): number[] => {
  let sum = 0;
  return counts.map((count) => (sum += count));
};

const numberOf = ({ fields }: Point, field: string): number | null => {
  const value = fields[field];
  return typeof value === 'number' ? value : null;
};

export const pingFamilies = (all: readonly PingSeries[]): Family[] => {
  const of = (read: (series: PingSeries) => number | null, extra: Labels = {}): Sample[] =>
    all.flatMap((series) => {
      const value = read(series);
      return value === null ? [] : [{ labels: { ...series.labels, ...extra }, value }];
    });
  const newest =
    (field: string, factor = 1) =>
    (series: PingSeries): number | null => {
      const value = numberOf(series.newest, field);
      return value === null ? null : value * factor;
    };
  const counter = (name: string, help: string, samples: Sample[]): Family => ({ name, help, type: 'counter', samples });
  const gauge = (name: string, help: string, samples: Sample[]): Family => ({ name, help, type: 'gauge', samples });
  const histogram = (factor: number): HistogramSample[] =>
    all.map(({ labels, counts, timed, sumS }) => ({ labels, cumulative: cumulated(counts), count: timed, sum: sumS * factor }));
  const ms = (field: string) => newest(field, 0.001);
  return [
    counter(
      'smokeping_requests_total',
      'Echo requests sent.',
      of(({ sent }) => sent),
    ),
    {
      name: 'smokeping_response_duration_seconds',
      help: 'Round-trip times of received packets.',
      type: 'histogram',
      bounds: BOUNDS_S,
      samples: histogram(1),
    },
    gauge('smokeping_response_ttl', 'TTL of the last reply, IPv4.', of(newest('ttl'))),
    counter(
      'smokeping_response_duplicates_total',
      'Replies beyond the first to a packet.',
      of(({ duplicates }) => duplicates),
    ),
    counter(
      'smokeping_send_errors_total',
      'Rounds that could not be measured.',
      of(({ sendErrors }) => sendErrors),
    ),
    gauge(
      'probe_success',
      'Whether the newest round got an answer.',
      of((series) => ((numberOf(series.newest, 'packets_received') ?? 0) > 0 ? 1 : 0)),
    ),
    gauge('probe_duration_seconds', 'How long the newest round took.', of(ms('duration_ms'))),
    gauge('probe_icmp_duration_seconds', 'Mean round-trip time of the newest round.', of(ms('average_response_ms'), { phase: 'rtt' })),
    gauge('probe_icmp_reply_hop_limit', 'TTL of the last reply.', of(newest('ttl'))),
    gauge(
      'probe_ip_protocol',
      'IP version that was probed.',
      of(({ labels }) => (labels['ip'] === '' ? null : labels['ip']?.includes(':') ? 6 : 4)),
    ),
    gauge('network_latency_milliseconds', 'Mean round-trip time of the newest round.', of(newest('average_response_ms'))),
    gauge('network_jitter_milliseconds', 'Jitter of the newest round by RFC 3550.', of(newest('jitter_rfc3550_ms'))),
    gauge('packet_loss_ratio', 'Packets lost of the newest round, 0 to 1.', of(newest('percent_packet_loss', 0.01))),
    {
      name: 'network_latency',
      help: 'Round-trip times of received packets, milliseconds.',
      type: 'histogram',
      bounds: BOUNDS_S.map((bound) => Number((bound * 1000).toPrecision(6))),
      samples: histogram(1000),
    },
    gauge('sonde_probe_rtt_median_seconds', 'Median round-trip time of the newest round.', of(ms('percentile50_ms'))),
    gauge('sonde_probe_error_bound_seconds', 'How far the agent itself may have moved that median.', of(ms('error_bound_ms'))),
    gauge('sonde_probe_pdv_p95_seconds', 'PDV (RFC 5481), 95th percentile of the newest round.', of(ms('pdv_p95_ms'))),
    gauge('sonde_probe_ipdv_mean_abs_seconds', 'IPDV (RFC 3393), mean absolute of the newest round.', of(ms('ipdv_mean_abs_ms'))),
  ];
};
