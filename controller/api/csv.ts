import type { SmokeColumn } from '../../protocol/api.ts';

type Read = (column: SmokeColumn) => string | number | null;

/** Column names are the metric catalogue's; times are ISO 8601 in UTC. */
const COLUMNS: readonly (readonly [string, Read])[] = [
  ['at', ({ at }) => new Date(at).toISOString()],
  ['end_at', ({ endAt }) => new Date(endAt).toISOString()],
  ['rounds', ({ rounds }) => rounds],
  ['sent', ({ sent }) => sent],
  ['received', ({ received }) => received],
  ['lost', ({ lost }) => lost],
  ['unknown', ({ unknown }) => unknown],
  ['late', ({ late }) => late],
  ['duplicates', ({ duplicates }) => duplicates],
  ['reordered', ({ reordered }) => reordered],
  ['loss_ratio', ({ lossRatio }) => lossRatio],
  ['worst_loss_ratio', ({ worstLossRatio }) => worstLossRatio],
  ['failed', ({ failed }) => failed],
  ['reason', ({ reason }) => reason ?? null],
  ['rtt_min_ms', ({ rtt }) => rtt?.minMs ?? null],
  ['rtt_p5_ms', ({ rtt }) => rtt?.p5Ms ?? null],
  ['rtt_p10_ms', ({ rtt }) => rtt?.p10Ms ?? null],
  ['rtt_p25_ms', ({ rtt }) => rtt?.p25Ms ?? null],
  ['rtt_median_ms', ({ rtt }) => rtt?.medianMs ?? null],
  ['rtt_p75_ms', ({ rtt }) => rtt?.p75Ms ?? null],
  ['rtt_p90_ms', ({ rtt }) => rtt?.p90Ms ?? null],
  ['rtt_p95_ms', ({ rtt }) => rtt?.p95Ms ?? null],
  ['rtt_max_ms', ({ rtt }) => rtt?.maxMs ?? null],
  ['ipdv_mean_abs_ms', ({ ipdvMeanAbsMs }) => ipdvMeanAbsMs],
  ['pdv_p95_ms', ({ pdvP95Ms }) => pdvP95Ms],
  ['jitter_rfc3550_ms', ({ jitterRfc3550Ms }) => jitterRfc3550Ms],
  ['error_bound_ms', ({ errorBoundMs }) => errorBoundMs],
];

/** RFC 4180. An empty field is "nothing was measured", never zero. */
export const columnsAsCsv = (columns: readonly SmokeColumn[]): string =>
  csvRows([COLUMNS.map(([name]) => name), ...columns.map((column) => COLUMNS.map(([, read]) => read(column)))]);

/** RFC 4180. */
export const csvRows = (rows: readonly (readonly (string | number | null)[])[]): string =>
  rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');

const cell = (value: string | number | null): string => {
  const text = value === null ? '' : String(value);
  // A spreadsheet would run a text that begins like a formula.
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};
