// A dashboard as we mean it, before it becomes Chronograf's or Grafana's. Names of measurements, tags and fields are Telegraf's.

export type Unit = 'ms' | 'percent' | 'bits-per-second' | 'bytes' | 'per-second' | 'packets' | 'count' | 'load' | 'seconds';

/** One InfluxQL question: `SELECT select FROM measurement WHERE where AND the range AND the variables GROUP BY time, by`. */
export interface PanelQuery {
  readonly measurement: string;
  readonly select: string;
  readonly where?: string;
  readonly by: readonly string[];
  readonly fill?: 'null' | 'none' | '0';
  /** The question over this one's answer, by these tags: for sums of rates. */
  readonly outer?: { readonly select: string; readonly by: readonly string[] };
  /** Where time makes buckets: everywhere unless said; in the inner question only; nowhere, one number for each group over the range. */
  readonly time?: 'inner' | 'none';
  /** The width of a bucket where the picture's own would be wrong, as 5m. */
  readonly every?: string;
}

export interface Panel {
  readonly title: string;
  readonly kind: 'graph' | 'table';
  readonly unit: Unit;
  /** What one needs to know to read it. */
  readonly note?: string;
  readonly queries: readonly PanelQuery[];
  /** Columns of the twelve. */
  readonly width: 4 | 6 | 12;
}

/** What the page is narrowed by: a tag, for the questions about its measurements; its values are found in the first of them. */
export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly measurements: readonly [string, ...string[]];
  readonly tag: string;
}

export interface Dashboard {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly variables: readonly Variable[];
  readonly panels: readonly Panel[];
}

/** How a tool writes the range, the width of a bucket, a measurement and a variable. */
export interface Dialect {
  readonly range: string;
  readonly interval: string;
  readonly from: (measurement: string) => string;
  readonly filter: (variable: Variable) => string;
}

export const identifier = (name: string): string => `"${name.replaceAll('"', '\\"')}"`;

/** The question as the tool asks it. Pure. */
export const influxql = (dashboard: Pick<Dashboard, 'variables'>, query: PanelQuery, dialect: Dialect): string => {
  const filters = dashboard.variables.filter(({ measurements }) => measurements.includes(query.measurement)).map(dialect.filter);
  const time = `time(${query.every ?? dialect.interval})`;
  const group = (by: readonly string[], inTime: boolean): string => [...(inTime ? [time] : []), ...by.map(identifier)].join(', ');
  const fill = query.time === 'none' ? '' : ` fill(${query.fill ?? 'null'})`;
  const where = [dialect.range, ...(query.where === undefined ? [] : [query.where]), ...filters].join(' AND ');
  const inner = `SELECT ${query.select} FROM ${dialect.from(query.measurement)} WHERE ${where} GROUP BY ${group(query.by, query.time !== 'none')}${fill}`;
  const { outer } = query;
  if (outer === undefined) return inner;
  const inTime = query.time === undefined;
  return `SELECT ${outer.select} FROM (${inner}) WHERE ${dialect.range} GROUP BY ${group(outer.by, inTime)}${inTime ? ' fill(none)' : ''}`;
};
