// How a round becomes a point of Telegraf's `ping`: the one place that knows stored names. Absent fields were not measured.
import { METRICS, type MetricName } from '../../protocol/metrics.ts';
import type { DelayVariation, IcmpSample, RttStatistics } from '../../protocol/probes/icmp.ts';
import type { Round } from '../../protocol/round.ts';
import { machinePointsOf } from './machine-schema.ts';
import { isSnmp, snmpPointsOf } from './snmp-schema.ts';
import type { FieldValue, Point } from './store.ts';

export const PING = 'ping';

/** The stored name of a metric of the catalogue. */
export const fieldOf = (name: MetricName): string => METRICS[name].field;

/** All points of one round: one of `ping` for an ICMP round, one a port and more for a device's, and those of the agent's own machine. */
export const pointsOf = (agent: string, round: Round, labels: Readonly<Record<string, string>>): Point[] => {
  if (isSnmp(round)) return snmpPointsOf(agent, round, labels);
  return isOwnMachine(round) ? machinePointsOf(agent, round, labels) : [pointOf(agent, round, labels)];
};

const isOwnMachine = ({ task }: Round): boolean => task.endsWith('/net') || task.endsWith('/host');

/**
 * One ICMP round as a point. `labels` are those that the settings make tags. `host` and `url` are Telegraf's names for the agent and the
 * target; they carry ids, not names or addresses, so that a replay after somebody has edited a target hits the same series.
 */
export const pointOf = (agent: string, round: Round, labels: Readonly<Record<string, string>>): Point => {
  const target = round.task.slice(0, round.task.indexOf('/'));
  return {
    measurement: PING,
    tags: { ...labels, host: agent, url: target, agent, target, task: round.task },
    at: round.at,
    fields: fieldsOf(round),
  };
};

type Fields = Record<string, FieldValue>;

// Every field is set by its name, one after the other: V8 gives such objects one shape, and those who walk through thousands of them are quick.
// Object.assign and computed names make hash tables of them.
const fieldsOf = (round: Round): Fields => {
  const fields = outcomeFields(round);
  fields['duration_ms'] = round.durationMs;
  fields['interval_ms'] = round.intervalMs;
  fields['time_source'] = round.time.source;
  if (round.time.boundMs !== null) fields['time_bound_ms'] = round.time.boundMs;
  return fields;
};

const outcomeFields = ({ outcome }: Round): Fields => {
  switch (outcome.status) {
    case 'sampled':
      return outcome.sample.kind === 'icmp' ? sampleFields(outcome.sample) : {};
    case 'failed':
      return { result_code: outcome.blame === 'resolver' ? 1 : 2, failed: 1, reason: outcome.reason, blame: outcome.blame };
    default:
      return outcome satisfies never;
  }
};

const sampleFields = (sample: IcmpSample): Fields => {
  const fields: Fields = {
    result_code: 0,
    failed: 0,
    packets_transmitted: sample.sent,
    packets_received: sample.received,
    lost: sample.lost,
    late: sample.late,
    unknown: sample.unknown,
    duplicates: sample.duplicates,
    reordered: sample.reordered,
    longest_loss_run: sample.longestLossRun,
    icmp_errors: sumOf(sample.errors),
    address: sample.address,
    error_bound_ms: sample.errorBound.boundMs,
    socket_drops: sample.errorBound.socketDrops,
  };
  const counted = sample.sent - sample.unknown;
  if (counted > 0) fields['percent_packet_loss'] = (100 * sample.lost) / counted;
  if (sample.errorBound.canaryMs !== null) fields['canary_ms'] = sample.errorBound.canaryMs;
  if (sample.errorBound.schedulerLagMs !== null) fields['scheduler_lag_ms'] = sample.errorBound.schedulerLagMs;
  if (sample.ttl !== null) fields['ttl'] = sample.ttl;
  if (sample.sketch !== '') fields['rtt_sketch'] = sample.sketch;
  if (sample.rtt !== null) putRtt(fields, sample.rtt);
  if (sample.variation !== null) putVariation(fields, sample.variation);
  return fields;
};

const sumOf = (errors: IcmpSample['errors']): number => {
  let sum = 0;
  for (const name in errors) sum += errors[name] ?? 0;
  return sum;
};

const putRtt = (fields: Fields, rtt: RttStatistics): void => {
  fields['minimum_response_ms'] = rtt.minMs;
  fields['average_response_ms'] = rtt.meanMs;
  fields['maximum_response_ms'] = rtt.maxMs;
  fields['standard_deviation_ms'] = rtt.stddevMs;
  fields['percentile5_ms'] = rtt.p5Ms;
  fields['percentile10_ms'] = rtt.p10Ms;
  fields['percentile25_ms'] = rtt.p25Ms;
  fields['percentile50_ms'] = rtt.medianMs;
  fields['percentile75_ms'] = rtt.p75Ms;
  fields['percentile90_ms'] = rtt.p90Ms;
  fields['percentile95_ms'] = rtt.p95Ms;
  fields['percentile99_ms'] = rtt.p99Ms;
};

const putVariation = (fields: Fields, variation: DelayVariation): void => {
  fields['pdv_p95_ms'] = variation.pdvP95Ms;
  fields['pdv_max_ms'] = variation.pdvMaxMs;
  if (variation.ipdvMeanAbsMs !== null) fields['ipdv_mean_abs_ms'] = variation.ipdvMeanAbsMs;
  if (variation.ipdvP95AbsMs !== null) fields['ipdv_p95_abs_ms'] = variation.ipdvP95AbsMs;
  if (variation.jitterRfc3550Ms !== null) fields['jitter_rfc3550_ms'] = variation.jitterRfc3550Ms;
};
