/** One figure that must hold. */
export interface Bound {
  readonly name: string;
  readonly measured: number | null;
  /** `≤ 10 µs`, for people. */
  readonly wanted: string;
  readonly holds: boolean;
  /** A reason that lies in the machine, when there is one. */
  readonly note?: string;
}

export interface BenchResult {
  /** Every figure, by name with its unit. */
  readonly figures: Readonly<Record<string, number | null>>;
  readonly bounds: readonly Bound[];
}

export interface Bench {
  readonly about: string;
  /** Installs and starts what it needs and removes it again; `say` is for progress. `whySkip` from the bench itself: a thrown error. */
  run(say: (line: string) => void, arguments_: readonly string[]): Promise<BenchResult>;
}

/** A bound that holds when the figure is there and not above the limit. */
export const atMost = (name: string, measured: number | null, limit: number, unit: string, note?: string): Bound => ({
  name,
  measured,
  wanted: `≤ ${limit} ${unit}`.trim(),
  holds: measured !== null && Number.isFinite(measured) && measured <= limit,
  ...(note === undefined ? {} : { note }),
});

export const atLeast = (name: string, measured: number | null, limit: number, unit: string, note?: string): Bound => ({
  name,
  measured,
  wanted: `≥ ${limit} ${unit}`.trim(),
  holds: measured !== null && Number.isFinite(measured) && measured >= limit,
  ...(note === undefined ? {} : { note }),
});

/** Columns under their headings; numbers to the right. */
export const table = (head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string => {
  const cells = [head, ...rows.map((row) => row.map(cellOf))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd();
  return cells.map(line).join('\n');
};

const cellOf = (value: string | number | null): string => {
  if (value === null) return '–';
  return typeof value === 'string' ? value : Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) < 10 ? 2 : 1);
};

export const quantile = (values: readonly number[], q: number): number | null =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(q * values.length) - 1)] ?? null;
