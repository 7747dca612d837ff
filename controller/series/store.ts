/** A value of a field. A field never changes its type: InfluxDB would refuse it for ever. */
export type FieldValue = number | string | boolean;

export interface Point {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  /** ms since the epoch, the round's start. */
  readonly at: number;
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** Fields that are integers for ever although the catalogue does not say so: what came from elsewhere as an integer. */
  readonly integers?: readonly string[];
}

export type Aggregate = 'last' | 'mean' | 'min' | 'max' | 'sum' | 'count' | 'sketch';

/** Series by their tags: every key must have one of its values; a key that is not named may be anything. */
export type TagFilter = Readonly<Record<string, readonly string[]>>;

/** InfluxQL's model: one measurement, tags to match, fields with aggregates, a range, and a bucket width. */
export interface SeriesQuery {
  readonly measurement: string;
  readonly tags: TagFilter;
  /** Without `bucketMs` the aggregate is not applied: every point comes as it was written. */
  readonly fields: readonly { readonly field: string; readonly aggregate: Aggregate }[];
  /** from ≤ at < to, ms. */
  readonly from: number;
  readonly to: number;
  /** Buckets begin at whole multiples of it. Empty buckets are left out. What is older than the raw points are kept comes from roll-ups. */
  readonly bucketMs?: number;
  /** Of each series the first rows only. */
  readonly limit?: number;
  /** Pages of series, in the order of their tags: so many are passed over, and at most so many looked at. */
  readonly seriesOffset?: number;
  readonly seriesLimit?: number;
}

/** The time, ms; then a value for each of the query's fields, null where the bucket or the point has none. A sketch is encoded (protocol/sketch.ts).
 * One array, as the API gives it: answers have tens of thousands of rows. */
export type SeriesRow = [at: number, ...values: (FieldValue | null)[]];

/** One series: a measurement with one set of tags. */
export interface Series {
  readonly tags: Readonly<Record<string, string>>;
  readonly rows: readonly SeriesRow[];
}

/** How finely something is kept: as it was measured, or merged to windows of one minute, five, an hour. */
export const TIERS = ['raw', '1m', '5m', '1h'] as const;
export type Tier = (typeof TIERS)[number];
export const TIER_MS: Readonly<Record<Tier, number>> = { raw: 0, '1m': 60_000, '5m': 300_000, '1h': 3_600_000 };
/** How long each tier is kept, ms. */
export type Retention = Readonly<Record<Tier, number>>;

/** What there is to ask for. */
export interface MeasurementView {
  readonly measurement: string;
  /** null: more than the store counts, or it does not tell. */
  readonly series: number | null;
  readonly fields: readonly { readonly field: string; readonly type: 'int' | 'float' | 'string' | 'bool' }[];
  /** Each tag's values in order, the first hundred. */
  readonly tags: readonly { readonly tag: string; readonly values: readonly string[] }[];
}

export interface StoreUsage {
  /** On disk, in all; null: nobody tells. */
  readonly bytes: number | null;
  readonly tiers: readonly {
    readonly tier: Tier;
    readonly bytes: number;
    readonly rows: number;
    readonly oldestAt: number | null;
    readonly newestAt: number | null;
  }[];
  /** Windows of roll-ups that are to be done, or done again because something came late. */
  readonly windowsWaiting: number;
}

/** One piece of the store's own work. `more`: there is more to do now. */
export interface Maintained {
  readonly more: boolean;
  readonly windowsRolledUp: number;
  readonly rowsDeleted: number;
}

export interface SeriesStore extends AsyncDisposable {
  /** Idempotent: the same series and time again replaces by field, so that delivery again after a crash is safe. All or nothing; durable when it resolves. */
  write(points: readonly Point[]): Promise<void>;
  /** Series in the order of their tags, rows in the order of time. */
  query(query: SeriesQuery): Promise<readonly Series[]>;
  /** The newest point of every series that matches; `fields` names those that are wanted, all unless said. */
  latest(measurement: string, tags: TagFilter, fields?: readonly string[]): Promise<readonly Point[]>;
  /** The tags of every series that matches, in the order in which `query` gives them: also of those that have roll-ups only. */
  listSeries(measurement: string, tags: TagFilter): Promise<readonly Readonly<Record<string, string>>[]>;
  /** Measurements by name. */
  describe(): Promise<readonly MeasurementView[]>;
  /** All raw points from ≤ at < to in a fixed order, in pages: begin with `after` null, go on with `next` until it is null. For a copy into another store. */
  scan(range: { readonly from: number; readonly to: number; readonly after: string | null; readonly limit: number }): Promise<{
    readonly points: readonly Point[];
    readonly next: string | null;
  }>;
  /** One bounded piece of what the store has to do by itself (seal, compact, roll up, delete what is too old). Harmless when cut off or done twice. */
  maintain(options: { readonly now: number; readonly retention: Retention }): Promise<Maintained>;
  /** Deletes every raw point before `before` (ms); how many. */
  deleteBefore(before: number): Promise<number>;
  usage(): Promise<StoreUsage>;
  sizeBytes(): Promise<number>;
}
