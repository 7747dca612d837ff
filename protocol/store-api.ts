import * as z from 'zod';

// The part of /api/v1 that speaks of the series store. Times are ms since the epoch.

const at = z.number();

/**
 * Where an InfluxDB is, and how it is spoken to. `database` is the bucket of 2.x and the database of 3.x; Chronograf looks for hosts in
 * `telegraf`. Password and token are written, never read back.
 */
export const InfluxRequest = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'url: http:// or https://, as http://127.0.0.1:8086' }),
  database: z.string().min(1).max(64).default('telegraf'),
  /** '': the database's default one. */
  retentionPolicy: z.string().max(64).default(''),
  /** 2.x only. */
  org: z.string().max(120).default(''),
  user: z.string().max(120).default(''),
  password: z.string().max(500).default(''),
  /** 2.x and 3.x. */
  token: z.string().max(2_000).default(''),
  /** auto: by the version that the server tells. v2 writes to /api/v2/write whatever the version. */
  api: z.enum(['auto', 'v1', 'v2']).default('auto'),
});
export type InfluxRequest = z.infer<typeof InfluxRequest>;

/** ok, or why points wait: nothing is lost while the arrival log has room. */
const PHASES = [
  'unknown',
  'ok',
  'unreachable',
  'slow',
  'unauthorised',
  'missing',
  'disk-full',
  'busy',
  'too-large',
  'refused-lines',
  'failing',
] as const;

/** An InfluxDB, and what it has told of itself. */
const place = {
  url: z.string(),
  database: z.string(),
  retentionPolicy: z.string(),
  /** null: no InfluxDB has answered yet; '' where it does not tell. */
  version: z.string().nullable(),
  writePath: z.string().nullable(),
  /** null: it keeps everything, or does not tell. */
  retentionMs: z.number().nullable(),
  phase: z.enum(PHASES),
};

export const InfluxView = z.object({
  ...place,
  since: at,
  message: z.string().nullable(),
  /** What to type where a database, bucket or right is missing that we may not give ourselves. */
  commands: z.array(z.string()),
  lastWriteAt: at.nullable(),
  pointsWritten: z.int(),
  /** Windows of a minute, five and an hour, in a database of their own; null before the store is in use. */
  rollUps: z
    .object({
      database: z.string(),
      /** Hours of somebody's series that are over and not rolled up yet. */
      hoursWaiting: z.int(),
      /** Agents, by measurement, whose past has not all been looked at. */
      partsBehind: z.int(),
      /** Why it does not go on; null when it does. */
      message: z.string().nullable(),
      commands: z.array(z.string()),
    })
    .nullable(),
});
export type InfluxView = z.infer<typeof InfluxView>;

/** Where points go: there; made at the first use; not there, and to be made by somebody else; or not known before it is tried. */
const PlaceFound = z.enum(['there', 'will-be-made', 'missing', 'unknown']);

/** What an InfluxDB lets us do, found out without changing anything there. null: not known. */
export const InfluxTest = z.object({
  ...place,
  /** False: PUT /store/influx refuses it. */
  isUsable: z.boolean(),
  signsIn: z.boolean().nullable(),
  mayWrite: z.boolean().nullable(),
  mayRead: z.boolean().nullable(),
  place: PlaceFound,
  rollUps: z.object({ database: z.string(), place: PlaceFound }),
  /** What is wrong, or what will happen. */
  message: z.string().nullable(),
  /** What to type where a database, bucket or right is missing that we may not give ourselves, that of the roll-ups as well. */
  commands: z.array(z.string()),
});
export type InfluxTest = z.infer<typeof InfluxTest>;

export const SetAsidePoint = z.object({
  refusedAt: at,
  measurement: z.string(),
  tags: z.record(z.string(), z.string()),
  at,
  fields: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  reason: z.string(),
});

/** GET /store; PUT /store/influx (admin) changes to it, DELETE /store/influx back to the embedded one. POST /store/test → InfluxTest, changes nothing, here or there. */
export const StoreView = z.object({
  kind: z.enum(['sqlite', 'influx']),
  /** Named by a flag, the environment or controller.yaml: only there it can be changed. */
  fixed: z.boolean(),
  influx: InfluxView.nullable(),
  /** What waits in the arrival log, the durable queue in front of the store. */
  queue: z.object({
    bytes: z.int(),
    capBytes: z.int(),
    arrivals: z.int(),
    /** The newest round's end until it was stored. */
    lagMs: z.number().nullable(),
    /** Why the store is not written to now. */
    trouble: z.object({ message: z.string(), since: at }).nullable(),
  }),
  setAside: z.object({ total: z.int(), kept: z.array(z.object({ reason: z.string(), points: z.int() })) }),
  /** The copy of what the embedded store held, newest first; null where nothing was to be copied. */
  backfill: z
    .object({
      oldest: at,
      until: at,
      copiedFrom: at,
      /** Before `oldest` there are roll-ups only, which stay in the embedded store and are read there. */
      hasOlderWindows: z.boolean(),
      points: z.int(),
      refused: z.int(),
      finishedAt: at.nullable(),
      trouble: z.string().nullable(),
    })
    .nullable(),
});
export type StoreView = z.infer<typeof StoreView>;

/** GET /store/set-aside?limit: the newest points that were refused for good; DELETE forgets them, the total stays. */
export const SetAsideList = z.object({ points: z.array(SetAsidePoint) });
