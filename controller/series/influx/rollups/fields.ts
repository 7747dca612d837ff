// How a window lies in InfluxDB: a field keeps its name for its last value (a sketch: for the merged one) and has its statistics beside it,
// `average_response_ms:max`, so that a dashboard may ask for them too.
import { METRICS, type Metric } from '../../../../protocol/metrics.ts';
import type { Aggregate } from '../../store.ts';
import { COUNT, MAX, MIN, SKETCH, STATS_OF, type Stat, SUM, VALUE } from '../../sqlite/stats.ts';

const SUFFIX: Readonly<Record<Stat, string>> = {
  [VALUE]: '',
  [SKETCH]: '',
  [COUNT]: ':count',
  [SUM]: ':sum',
  [MIN]: ':min',
  [MAX]: ':max',
};
export const windowField = (field: string, stat: Stat): string => `${field}${SUFFIX[stat]}`;

/** How several values of a statistic become one: those of points (`raw`), and those of windows. */
const MERGE: Readonly<Record<Stat, { readonly raw: Aggregate; readonly windows: Aggregate }>> = {
  [VALUE]: { raw: 'last', windows: 'last' },
  [COUNT]: { raw: 'count', windows: 'sum' },
  [SUM]: { raw: 'sum', windows: 'sum' },
  [MIN]: { raw: 'min', windows: 'min' },
  [MAX]: { raw: 'max', windows: 'max' },
  [SKETCH]: { raw: 'sketch', windows: 'sketch' },
};

/** What a window keeps of a field, by how its values are merged: each value costs InfluxDB as much as one of a round. What is asked beyond it comes from the points. */
const KEPT: Readonly<Record<Metric['merge'], readonly Stat[]>> = {
  sum: [SUM, MAX],
  mean: [COUNT, SUM, MIN, MAX],
  'from-counts': [COUNT, SUM, MIN, MAX],
  'from-sketch': [MIN, MAX],
  min: [MIN],
  max: [COUNT, MAX],
  last: [VALUE, MIN, MAX],
  sketch: [SKETCH],
};
const ALL: readonly Stat[] = [VALUE, COUNT, SUM, MIN, MAX];
const MERGE_OF = new Map(Object.values(METRICS).map(({ measurement, field, merge }) => [`${measurement}.${field}`, merge]));

/** Named like a statistic of another field: in a window the two would be one. */
const LIKE_A_STAT = /:(count|sum|min|max)$/;

/** A field that the catalogue does not know has all of them. */
export const keeps = (measurement: string, field: string, stat: Stat): boolean => {
  if (LIKE_A_STAT.test(field)) return false;
  const merge = MERGE_OF.get(`${measurement}.${field}`);
  return (merge === undefined ? ALL : KEPT[merge]).includes(stat);
};

export interface WantedStat {
  readonly field: string;
  readonly stat: Stat;
}
type Asked = { readonly field: string; readonly aggregate: Aggregate };

/** What has to be known of a bucket for these aggregates, in their order. */
export const statsFor = (fields: readonly Asked[]): WantedStat[] =>
  fields.flatMap(({ field, aggregate }) => STATS_OF[aggregate].map((stat) => ({ field, stat })));

/** The same as fields of points, or of windows. */
export const askedOf = (stats: readonly WantedStat[], isRolledUp: boolean): Asked[] =>
  stats.map(({ field, stat }) =>
    isRolledUp ? { field: windowField(field, stat), aggregate: MERGE[stat].windows } : { field, aggregate: MERGE[stat].raw },
  );
