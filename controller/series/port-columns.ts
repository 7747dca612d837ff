// A port's history as columns, over all series that it had: renumbered or renamed, it is the same port.
import type { PortColumn } from '../../protocol/api-devices.ts';
import { ownSeries } from './own.ts';
import { INTERFACE } from './snmp-schema.ts';
import type { Aggregate, FieldValue, SeriesRow, SeriesStore } from './store.ts';

const FIELDS = [
  ['in_bits_per_second', 'mean'],
  ['out_bits_per_second', 'mean'],
  ['in_bits_per_second', 'max'],
  ['out_bits_per_second', 'max'],
  ['in_errors_per_second', 'mean'],
  ['out_errors_per_second', 'mean'],
  ['in_discards_per_second', 'mean'],
  ['out_discards_per_second', 'mean'],
  ['in_packets_per_second', 'mean'],
  ['out_packets_per_second', 'mean'],
  ['ifOperStatus', 'last'],
  ['in_octets', 'sum'],
  ['out_octets', 'sum'],
] as const satisfies readonly (readonly [string, Aggregate])[];

export interface PortQuery {
  readonly device: string;
  readonly port: string;
  readonly from: number;
  readonly to: number;
  readonly columns: number;
  readonly intervalMs: number;
}
export interface PortColumns {
  readonly bucketMs: number;
  readonly columns: readonly PortColumn[];
  readonly totals: { readonly inOctets: number; readonly outOctets: number };
}

export const readPortColumns = async (store: SeriesStore, query: PortQuery): Promise<PortColumns> => {
  const bucketMs = bucketFor(query);
  const rows = await readRows(store, query, FIELDS, bucketMs);
  const columns = rows.map((row) => columnOf(row, bucketMs > 0 ? bucketMs : query.intervalMs));
  const sum = (position: number): number => rows.reduce((all, row) => all + (numberOf(row[position + 1]) ?? 0), 0);
  return { bucketMs, columns, totals: { inOctets: sum(FIELDS.length - 2), outOctets: sum(FIELDS.length - 1) } };
};

/** The 95th percentile of all rounds in the range by the nearest rank; null without any. Transit is billed by windows of five minutes. */
export const readPortP95 = async (store: SeriesStore, query: PortQuery): Promise<{ inBps: number; outBps: number } | null> => {
  const fields = [
    ['in_bits_per_second', 'mean'],
    ['out_bits_per_second', 'mean'],
  ] as const;
  const windowMs = query.to - query.from > BILLING_FROM_MS ? BILLING_MS : 0;
  const rows = await readRows(store, query, fields, windowMs);
  const inBps = percentile95(rows.flatMap((row) => numberOf(row[1]) ?? []));
  const outBps = percentile95(rows.flatMap((row) => numberOf(row[2]) ?? []));
  return inBps === null && outBps === null ? null : { inBps: inBps ?? 0, outBps: outBps ?? 0 };
};

const BILLING_MS = 300_000;
const BILLING_FROM_MS = 6 * 3_600_000;

export const percentile95 = (values: readonly number[]): number | null =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(0.95 * values.length) - 1)] ?? null;

const bucketFor = ({ from, to, columns, intervalMs }: PortQuery): number => {
  if ((to - from) / intervalMs <= columns) return 0;
  const needed = (to - from) / Math.max(1, columns - 1);
  return Math.ceil(needed / intervalMs) * intervalMs;
};

const readRows = async (
  store: SeriesStore,
  { device, port, from, to }: PortQuery,
  fields: readonly (readonly [string, Aggregate])[],
  bucketMs: number,
): Promise<SeriesRow[]> => {
  const series = await store.query({
    measurement: INTERFACE,
    tags: ownSeries({ task: [`${device}/snmp`], port: [port] }),
    fields: fields.map(([field, aggregate]) => ({ field, aggregate })),
    from,
    to,
    ...(bucketMs > 0 ? { bucketMs } : {}),
  });
  const byTime = new Map<number, SeriesRow>();
  // Two series have a row of the same bucket only where the port changed its face inside it: the one that says more is shown.
  for (const row of series.flatMap(({ rows }) => rows)) {
    const other = byTime.get(row[0]);
    if (other === undefined || said(row) >= said(other)) byTime.set(row[0], row);
  }
  return [...byTime.values()].sort(([a], [b]) => a - b);
};

const said = (row: SeriesRow): number => row.filter((value) => value !== null).length;
const numberOf = (value: FieldValue | null | undefined): number | null => (typeof value === 'number' ? value : null);

const columnOf = ([at, ...values]: SeriesRow, widthMs: number): PortColumn => {
  const value = (position: number): number | null => numberOf(values[position]);
  return {
    at,
    endAt: at + widthMs,
    inBps: value(0),
    outBps: value(1),
    inBpsMax: value(2),
    outBpsMax: value(3),
    inErrors: value(4),
    outErrors: value(5),
    inDiscards: value(6),
    outDiscards: value(7),
    inPps: value(8),
    outPps: value(9),
    oper: value(10),
  };
};
