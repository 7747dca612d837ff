/** A value of a field. A field never changes its type: InfluxDB would refuse it for ever. */
export type FieldValue = number | string | boolean;

export interface Point {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  /** ms since the epoch, the round's start. */
  readonly at: number;
  readonly fields: Readonly<Record<string, FieldValue>>;
}

export type Aggregate = 'last' | 'mean' | 'min' | 'max' | 'sum' | 'count' | 'sketch';

/** InfluxQL's model: one measurement, tags to match, fields with aggregates, a range, and a bucket width. */
export interface SeriesQuery {
  readonly measurement: string;
  /** Every key must have one of its values; a key that is not named may be anything. */
  readonly tags: Readonly<Record<string, readonly string[]>>;
  /** Without `bucketMs` the aggregate is not applied: every point comes as it was written. */
  readonly fields: readonly { readonly field: string; readonly aggregate: Aggregate }[];
  /** from ≤ at < to, ms. */
  readonly from: number;
  readonly to: number;
  /** Buckets begin at whole multiples of it. Empty buckets are left out. */
  readonly bucketMs?: number;
  readonly limit?: number;
}

export interface SeriesRow {
  readonly at: number;
  /** In the order of the query's fields; null where the bucket or the point has none. A sketch is encoded (protocol/sketch.ts). */
  readonly values: readonly (FieldValue | null)[];
}

/** One series: a measurement with one set of tags. */
export interface Series {
  readonly tags: Readonly<Record<string, string>>;
  readonly rows: readonly SeriesRow[];
}

export interface SeriesStore extends AsyncDisposable {
  /** Idempotent: the same series and time again replaces by field, so that delivery again after a crash is safe. All or nothing. */
  write(points: readonly Point[]): Promise<void>;
  /** Series in the order of their tags, rows in the order of time. */
  query(query: SeriesQuery): Promise<readonly Series[]>;
  /** The newest point of every series that matches. */
  latest(measurement: string, tags: Readonly<Record<string, readonly string[]>>): Promise<readonly Point[]>;
  /** Deletes every point before `before` (ms); how many. */
  deleteBefore(before: number): Promise<number>;
  sizeBytes(): Promise<number>;
}
