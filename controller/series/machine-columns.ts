// Histories of an agent's own machine as columns for the pages.
import type { HostColumn, TrafficColumn } from '../../protocol/api-machine.ts';
import { NET, NET_TOTAL } from './machine-schema.ts';
import { ownSeries } from './own.ts';
import type { Aggregate, FieldValue, SeriesRow, SeriesStore } from './store.ts';

export interface MachineQuery {
  readonly agent: string;
  /** from ≤ at < to, ms. */
  readonly from: number;
  readonly to: number;
  /** At most so many columns. */
  readonly columns: number;
  readonly intervalMs: number;
}

const TRAFFIC = [
  ['in_bits_per_second', 'mean'],
  ['out_bits_per_second', 'mean'],
  ['in_bits_per_second', 'max'],
  ['out_bits_per_second', 'max'],
  ['in_error_percent', 'mean'],
  ['out_error_percent', 'mean'],
  ['in_drop_percent', 'mean'],
  ['out_drop_percent', 'mean'],
  ['in_octets', 'sum'],
  ['out_octets', 'sum'],
] as const satisfies readonly (readonly [string, Aggregate])[];

/** One interface; without a name all of them together. */
export const readTraffic = async (
  store: SeriesStore,
  query: MachineQuery,
  name: string | null,
): Promise<{
  readonly bucketMs: number;
  readonly columns: readonly TrafficColumn[];
  readonly totals: { readonly inOctets: number; readonly outOctets: number };
}> => {
  const bucketMs = bucketFor(query);
  const tags = { agent: [query.agent], ...(name === null ? {} : { interface: [name] }) };
  const rows = await readRows(store, { measurement: name === null ? NET_TOTAL : NET, tags, fields: TRAFFIC }, query, bucketMs);
  const columns = rows.map(([at, ...values]): TrafficColumn => {
    const [inBps, outBps, inBpsMax, outBpsMax, inErrorPercent, outErrorPercent, inDropPercent, outDropPercent] = values.map(numberOr);
    return {
      at,
      endAt: at + (bucketMs || query.intervalMs),
      inBps: inBps ?? null,
      outBps: outBps ?? null,
      inBpsMax: inBpsMax ?? null,
      outBpsMax: outBpsMax ?? null,
      inErrorPercent: inErrorPercent ?? null,
      outErrorPercent: outErrorPercent ?? null,
      inDropPercent: inDropPercent ?? null,
      outDropPercent: outDropPercent ?? null,
    };
  });
  const sum = (index: number): number => rows.reduce((all, row) => all + (numberOr(row[index + 1]) ?? 0), 0);
  return { bucketMs, columns, totals: { inOctets: sum(8), outOctets: sum(9) } };
};

/** Measurement, field, aggregate, and the tags that name one series. */
const HOST = [
  ['cpu', 'usage_idle', 'mean', 'cpu'],
  ['cpu', 'usage_idle', 'min', 'cpu'],
  ['mem', 'used_percent', 'mean', null],
  ['system', 'load1', 'mean', null],
  ['agent', 'loop_lag_max_ms', 'max', null],
  ['netstat', 'tcp_established', 'last', null],
  ['netstat', 'tcp_time_wait', 'last', null],
  ['netstat', 'ephemeral_used_ratio', 'max', null],
] as const satisfies readonly (readonly [string, string, Aggregate, string | null])[];

export const readHost = async (
  store: SeriesStore,
  query: MachineQuery,
): Promise<{ readonly bucketMs: number; readonly columns: readonly HostColumn[] }> => {
  const bucketMs = bucketFor(query);
  const byTime = new Map<number, (number | null)[]>();
  for (const measurement of ['cpu', 'mem', 'system', 'agent', 'netstat'] as const) {
    const wanted = HOST.flatMap((row, index) => (row[0] === measurement ? [{ index, field: row[1], aggregate: row[2] }] : []));
    const fields = wanted.map(({ field, aggregate }) => [field, aggregate] as const);
    const tags = { agent: [query.agent], ...(measurement === 'cpu' ? { cpu: ['cpu-total'] } : {}) };
    for (const [at, ...values] of await readRows(store, { measurement, tags, fields }, query, bucketMs)) {
      const column = byTime.get(at) ?? HOST.map(() => null);
      for (const [position, { index }] of wanted.entries()) column[index] = numberOr(values[position]);
      byTime.set(at, column);
    }
  }
  const columns = [...byTime].sort(([a], [b]) => a - b).map(([at, values]) => hostColumn(at, bucketMs || query.intervalMs, values));
  return { bucketMs, columns };
};

const hostColumn = (at: number, widthMs: number, values: readonly (number | null)[]): HostColumn => {
  const [idle, idleMin, memory, load, lag, established, timeWait, ephemeral] = values;
  const busy = (share: number | null | undefined): number | null =>
    share === null || share === undefined ? null : Math.max(0, 100 - share);
  return {
    at,
    endAt: at + widthMs,
    cpuPercent: busy(idle),
    cpuPercentMax: busy(idleMin),
    memoryPercent: memory ?? null,
    load1: load ?? null,
    loopLagMs: lag ?? null,
    established: established ?? null,
    timeWait: timeWait ?? null,
    ephemeralRatio: ephemeral ?? null,
  };
};

const bucketFor = ({ from, to, columns, intervalMs }: MachineQuery): number => {
  if ((to - from) / intervalMs <= columns) return 0;
  return Math.ceil((to - from) / Math.max(1, columns - 1) / intervalMs) * intervalMs;
};

/** The rows of all series that match, in the order of time: a label that is a tag may have changed. */
const readRows = async (
  store: SeriesStore,
  what: {
    readonly measurement: string;
    readonly tags: Readonly<Record<string, readonly string[]>>;
    readonly fields: readonly (readonly [string, Aggregate])[];
  },
  { from, to }: MachineQuery,
  bucketMs: number,
): Promise<SeriesRow[]> => {
  const series = await store.query({
    measurement: what.measurement,
    tags: ownSeries(what.tags),
    fields: what.fields.map(([field, aggregate]) => ({ field, aggregate })),
    from,
    to,
    ...(bucketMs > 0 ? { bucketMs } : {}),
  });
  return series.flatMap(({ rows }) => rows).sort(([a], [b]) => a - b);
};

const numberOr = (value: FieldValue | null | undefined): number | null => (typeof value === 'number' ? value : null);
