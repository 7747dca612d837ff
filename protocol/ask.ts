import * as z from 'zod';

// Asking for series: one form for the page, the API and the command line. Times are ms since the epoch.

/** GET /query?…: what a person can type. Lists are given by naming a parameter again, or with commas. */
export const Ask = z.object({
  measurement: z.string().min(1).max(200),
  /** What is wanted, in order: a metric of the catalogue, which knows how its rounds merge, or an aggregate of a stored field. */
  select: z.array(z.string()).min(1).max(50),
  /** Each tag with the values that are wanted. */
  tags: z.record(z.string(), z.array(z.string())),
  from: z.number(),
  to: z.number(),
  /** 0: every point as it was written. */
  bucketMs: z.int().nonnegative(),
});
export type Ask = z.infer<typeof Ask>;

const Value = z.union([z.number(), z.string(), z.boolean()]).nullable();

/** A page of series. Rows are [time, value, …] in the order of the columns; null: the bucket, or the point, has none. */
export const Asked = z.object({
  measurement: z.string(),
  from: z.number(),
  to: z.number(),
  bucketMs: z.int(),
  columns: z.array(z.object({ name: z.string(), unit: z.string().nullable() })),
  series: z.array(z.object({ tags: z.record(z.string(), z.string()), rows: z.array(z.array(Value)) })),
  /** Give it back as `after` for the next page; null: this was the last. */
  next: z.string().nullable(),
});
export type Asked = z.infer<typeof Asked>;

/** GET /influxql?q=…: what the InfluxDB behind answers, as it came; times are ms. `cut`: there were more rows than are given. */
export const InfluxqlAnswer = z.object({
  cut: z.boolean(),
  tables: z.array(
    z.object({
      name: z.string(),
      tags: z.record(z.string(), z.string()),
      columns: z.array(z.string()),
      rows: z.array(z.array(Value)),
    }),
  ),
});
export type InfluxqlAnswer = z.infer<typeof InfluxqlAnswer>;

/** GET /series: what there is to ask for. */
export const SeriesCatalogue = z.object({
  measurements: z.array(
    z.object({
      measurement: z.string(),
      /** null: more than the store counts (10,000 in InfluxDB), or it does not tell. */
      series: z.int().nullable(),
      fields: z.array(z.object({ field: z.string(), type: z.enum(['int', 'float', 'string', 'bool']) })),
      tags: z.array(z.object({ tag: z.string(), values: z.array(z.string()) })),
      metrics: z.array(z.object({ name: z.string(), unit: z.string(), definition: z.string() })),
    }),
  ),
});
export type SeriesCatalogue = z.infer<typeof SeriesCatalogue>;

/** GET /store/usage: what is kept for how long, what it takes, and what it will take. */
export const Storage = z.object({
  kind: z.string(),
  /** null: InfluxDB does not tell. */
  bytes: z.number().nullable(),
  /** On the disk of the embedded store; null: that is not where points go, or it is not known. */
  freeBytes: z.number().nullable(),
  tiers: z.array(
    z.object({
      tier: z.enum(['raw', '1m', '5m', '1h']),
      bytes: z.number(),
      rows: z.number(),
      oldestAt: z.number().nullable(),
      newestAt: z.number().nullable(),
      keptMs: z.number(),
      bytesPerDay: z.number().nullable(),
      finalBytes: z.number().nullable(),
    }),
  ),
  finalBytes: z.number().nullable(),
  fullAt: z.number().nullable(),
  windowsWaiting: z.int(),
});
export type Storage = z.infer<typeof Storage>;
