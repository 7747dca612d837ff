// Prometheus' text format, version 0.0.4, for series whose values were counted elsewhere.

export type Labels = Readonly<Record<string, string>>;
export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}
export interface HistogramSample {
  readonly labels: Labels;
  /** How many lie at or below each bound, in the order of the bounds. */
  readonly cumulative: readonly number[];
  readonly count: number;
  readonly sum: number;
}
export type Family =
  | { readonly name: string; readonly help: string; readonly type: 'counter' | 'gauge'; readonly samples: readonly Sample[] }
  | {
      readonly name: string;
      readonly help: string;
      readonly type: 'histogram';
      readonly bounds: readonly number[];
      readonly samples: readonly HistogramSample[];
    };

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Families without a sample are left out. */
export const exposition = (families: readonly Family[]): string =>
  families
    .filter(({ samples }) => samples.length > 0)
    .map((family) => `# HELP ${family.name} ${escapeHelp(family.help)}\n# TYPE ${family.name} ${family.type}\n${linesOf(family)}`)
    .join('');

const linesOf = (family: Family): string => {
  if (family.type !== 'histogram') return family.samples.map(({ labels, value }) => line(family.name, labels, value)).join('');
  const { name, bounds } = family;
  return family.samples
    .map(({ labels, cumulative, count, sum }) =>
      [
        ...bounds.map((bound, i) => line(`${name}_bucket`, { ...labels, le: String(bound) }, cumulative[i] ?? 0)),
        line(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
        line(`${name}_sum`, labels, sum),
        line(`${name}_count`, labels, count),
      ].join(''),
    )
    .join('');
};

const line = (name: string, labels: Labels, value: number): string => {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${Number.isNaN(value) ? 'NaN' : String(value)}\n`;
};

const escapeLabel = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
