// How a poll of a device becomes points: `interface`, one a port, and `snmp`, as Telegraf's inputs.snmp writes them; user tables under their
// own names. Tags that Telegraf has carry its values; ours come beside them: agent, device, task, and `port`, which survives renumbering.
import { fieldType, METRICS } from '../../protocol/metrics.ts';
import type { PortSample, SnmpSample } from '../../protocol/probes/snmp.ts';
import type { Round } from '../../protocol/round.ts';
import type { FieldValue, Point } from './store.ts';

export const INTERFACE = 'interface';
export const SNMP = 'snmp';

export const isSnmp = (round: Pick<Round, 'task'>): boolean => round.task.endsWith('/snmp');

/** The points of one round of a device; failed rounds are a point of `snmp` too. */
export const snmpPointsOf = (agent: string, round: Round, labels: Readonly<Record<string, string>>): Point[] => {
  const device = round.task.slice(0, round.task.lastIndexOf('/'));
  const common = { ...labels, host: agent, agent, device, target: device, task: round.task };
  const { outcome, at } = round;
  const about = { duration_ms: round.durationMs, interval_ms: round.intervalMs };
  if (outcome.status === 'failed') {
    const fields = { ...about, failed: 1, reason: outcome.reason, blame: outcome.blame };
    return [{ measurement: SNMP, tags: common, at, fields }];
  }
  const { sample } = outcome;
  if (sample.kind !== 'snmp') return [];
  const tags = tagged(common, { agent_host: sample.address, source: sample.address, sysName: sample.system.name });
  return [
    { measurement: SNMP, tags: common, at, fields: { ...about, ...pollFields(sample) } },
    ...sample.ports.map((port): Point => ({ measurement: INTERFACE, tags: tagged(tags, portTags(port)), at, fields: portFields(port) })),
    ...sample.values.flatMap((value) => userPoint(value, tags, at)),
  ];
};

/**
 * What a user's own scalars and tables gave. A field never changes its type, and a device may answer a number today and a text tomorrow:
 * texts have names of their own, and names that the catalogue has are not taken.
 */
const userPoint = (
  { measurement, tags: own, fields }: SnmpSample['values'][number],
  tags: Readonly<Record<string, string>>,
  at: number,
): Point[] => {
  if (measurement !== SNMP && isReserved(measurement)) return [];
  const typed: Record<string, FieldValue> = {};
  for (const [name, value] of Object.entries(fields))
    if (typeof value === 'string') typed[`${name}_text`] = value;
    else if (fieldType(measurement, name) === undefined) typed[name] = value;
  return Object.keys(typed).length === 0 ? [] : [{ measurement, tags: tagged(tags, own), at, fields: typed }];
};

/** Measurements that rounds of other kinds fill. */
export const isReserved = (measurement: string): boolean => RESERVED.has(measurement);
const RESERVED = new Set<string>([
  ...Object.values(METRICS).map((metric) => metric.measurement),
  'net',
  'netstat',
  'cpu',
  'mem',
  'swap',
  'system',
  'disk',
  'diskio',
  'processes',
  'procstat',
  'net_response',
  'http_response',
  'dns_query',
  'x509_cert',
  'trace',
  'incidents',
]);

/** An empty tag is no tag: InfluxDB knows none. */
const tagged = (tags: Readonly<Record<string, string>>, more: Readonly<Record<string, string>>): Record<string, string> => {
  const all: Record<string, string> = { ...tags };
  for (const [key, value] of Object.entries(more)) if (value !== '') all[key] = value;
  return all;
};

const pollFields = (sample: SnmpSample): Record<string, FieldValue> => ({
  failed: 0,
  complete: sample.complete ? 1 : 0,
  requests: sample.requests,
  timeouts: sample.timeouts,
  variables: sample.variables,
  slowest_ms: sample.slowestMs,
  ports: sample.ports.length,
  ...(sample.system.upTimeCs === null ? {} : { sysUpTime: sample.system.upTimeCs }),
});

const portTags = (port: PortSample): Record<string, string> => ({
  port: port.id,
  ifName: port.name,
  ifDescr: port.descr,
  ifAlias: port.alias,
  ifIndex: String(port.index),
});

const portFields = (port: PortSample): Record<string, FieldValue> => {
  const fields: Record<string, FieldValue> = { ifAdminStatus: port.admin, ifOperStatus: port.oper, ...port.counters };
  if (port.speedBps !== null) fields['speed_bits_per_second'] = Math.round(port.speedBps);
  const { rates } = port;
  if (rates === null) return fields;
  for (const [key, field] of RATES) {
    const value = rates[key];
    if (value !== undefined) fields[field] = value;
  }
  return fields;
};

const RATES = [
  ['inOctets', 'in_octets'],
  ['outOctets', 'out_octets'],
  ['inBitsPerSecond', 'in_bits_per_second'],
  ['outBitsPerSecond', 'out_bits_per_second'],
  ['inUtilizationRatio', 'in_utilization_ratio'],
  ['outUtilizationRatio', 'out_utilization_ratio'],
  ['inPacketsPerSecond', 'in_packets_per_second'],
  ['outPacketsPerSecond', 'out_packets_per_second'],
  ['inErrorsPerSecond', 'in_errors_per_second'],
  ['outErrorsPerSecond', 'out_errors_per_second'],
  ['inDiscardsPerSecond', 'in_discards_per_second'],
  ['outDiscardsPerSecond', 'out_discards_per_second'],
  ['inBroadcastRatio', 'in_broadcast_ratio'],
] as const;
