// A series store that a reader can check by eye: a map of points, and aggregates by their definition. Sums are exact when values are quarters.
import type { Aggregate, FieldValue, Point, SeriesQuery, SeriesRow } from '../../controller/series/store.ts';
import { decodeSketch, encodeSketch, mergeSketches } from '../../protocol/sketch.ts';

export class SeriesModel {
  readonly #series = new Map<string, { readonly point: Point; readonly byTime: Map<number, Record<string, FieldValue>> }>();

  write(points: readonly Point[]): void {
    for (const point of points) {
      const key = keyOf(point);
      const series = this.#series.get(key) ?? { point, byTime: new Map<number, Record<string, FieldValue>>() };
      this.#series.set(key, series);
      series.byTime.set(point.at, { ...series.byTime.get(point.at), ...point.fields });
    }
  }

  copy(): SeriesModel {
    const made = new SeriesModel();
    made.write(this.points());
    return made;
  }

  points(): Point[] {
    return [...this.#series.values()].flatMap(({ point, byTime }) => [...byTime].map(([at, fields]) => ({ ...point, at, fields })));
  }

  /** As the store answers it, by the tags' text. */
  query({ measurement, fields, from, to, bucketMs = 0 }: SeriesQuery): Record<string, SeriesRow[]> {
    const answer: Record<string, SeriesRow[]> = {};
    for (const [key, { point, byTime }] of this.#series) {
      if (point.measurement !== measurement) continue;
      const inside = [...byTime].filter(([at]) => at >= from && at < to).sort(([a], [b]) => a - b);
      const buckets = Map.groupBy(inside, ([at]) => (bucketMs === 0 ? at : Math.floor(at / bucketMs) * bucketMs));
      const rows = [...buckets].map(([at, rounds]): SeriesRow => {
        const values = fields.map(({ field, aggregate }) => {
          const own = rounds.map(([, written]) => written[field]).filter((value) => value !== undefined);
          return combine(bucketMs === 0 ? 'last' : aggregate, own);
        });
        return [at, ...values];
      });
      const filled = rows.filter(([, ...values]) => values.some((value) => value !== null));
      if (filled.length > 0) answer[key] = filled;
    }
    return answer;
  }
}

export const keyOf = ({ measurement, tags }: Pick<Point, 'measurement' | 'tags'>): string =>
  `${measurement} ${Object.entries(tags)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map((pair) => pair.join('='))
    .join(' ')}`;

const combine = (aggregate: Aggregate, values: readonly FieldValue[]): FieldValue | null => {
  if (values.length === 0) return null;
  const numbers = values.filter((value) => typeof value === 'number');
  const sum = numbers.reduce((a, b) => a + b, 0);
  switch (aggregate) {
    case 'last':
      return values.at(-1) ?? null;
    case 'count':
      return values.length;
    case 'sketch': {
      const sketches = values.flatMap((value) => {
        const decoded = typeof value === 'string' ? decodeSketch(value) : null;
        return decoded?.ok ? [decoded.value] : [];
      });
      return encodeSketch(mergeSketches(sketches)) || null;
    }
    case 'mean':
      return numbers.length === 0 ? null : sum / numbers.length;
    case 'sum':
      return numbers.length === 0 ? null : sum;
    case 'min':
      return numbers.length === 0 ? null : Math.min(...numbers);
    case 'max':
      return numbers.length === 0 ? null : Math.max(...numbers);
    default:
      return aggregate satisfies never;
  }
};
