// InfluxDB behind the series store's interface: lines by the client library, InfluxQL on /query by undici.
import type { Clock } from '../../../protocol/time.ts';
import { PointsRefused } from '../refused.ts';
import type { SeriesStore, TagFilter } from '../store.ts';
import type { Table } from './answer.ts';
import { type Connection, type ConnectionState, openConnection } from './connection.ts';
import { describePlace, scanPlace } from './describe.ts';
import { failureFrom, type InfluxFailure } from './failure.ts';
import { encodeAll, type Encoder, openEncoder } from './lines.ts';
import { latestPoints } from './latest.ts';
import { listTags } from './query.ts';
import { makeReader } from './reader.ts';
import type { RollUpNotes } from './rollups/notes.ts';
import { rollUpDatabase } from './rollups/places.ts';
import { querySeries } from './rollups/query.ts';
import { openRollUps, type RollUpState } from './rollups/rollups.ts';
import { InfluxSettings, shownUrl } from './settings.ts';
import { settleAll } from './settle.ts';
import { deleteBefore, sizeBytes } from './upkeep.ts';

/** What an operator sees of it; `rollUps` null: there are none. */
export interface InfluxState extends ConnectionState {
  readonly rollUps: RollUpState | null;
}

export interface InfluxStore extends SeriesStore {
  /** One question in InfluxQL; times in ms. Rejects with InfluxFailure. */
  ask(influxql: string): Promise<readonly Table[]>;
  state(): InfluxState;
  /** Finds version and place out now; rejects with InfluxFailure. */
  connect(): Promise<InfluxState>;
}

export interface InfluxStoreOptions {
  readonly clock: Clock;
  /** Where it is noted which hours are to be rolled up; without it nothing is rolled up. */
  readonly notes?: RollUpNotes;
  /** One exchange takes this long at most. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
const DELETE_EVERY_MS = 3_600_000;
const LISTED_MS = 10_000;
/** Whose newest point is looked for; what is new and has recent points is found without the list. */
const LISTED_LONG_MS = 300_000;
const LISTS_MOST = 100;

/** Opens nothing: a server that is away now is no reason not to start. Throws when the settings are not good. */
export const openInfluxStore = (settings: InfluxSettings, { clock, notes, timeoutMs = TIMEOUT_MS }: InfluxStoreOptions): InfluxStore => {
  const connection = openConnection(InfluxSettings.parse(settings), clock, timeoutMs);
  const reader = makeReader(settings, connection);
  const rollUps = notes === undefined ? null : openRollUps({ settings, connection, reader, clock, timeoutMs, notes });
  const encoder = openEncoder(connection.types);
  const write = makeWrite(settings, connection, clock, encoder);
  let seriesIn = 0;
  /** Asked again from the points alone when the roll-ups' places turn out to be gone. */
  const orPoints = <T>(ask: () => Promise<T>): Promise<T> =>
    ask().catch((error: unknown) => {
      if (rollUps?.haveFailed(error)) return ask();
      throw error;
    });
  const listSeries = keptFor(
    LISTED_MS,
    clock,
    () => seriesIn,
    (measurement: string, tags: TagFilter) => orPoints(() => listTags([reader, ...(rollUps?.readers() ?? [])], measurement, tags)),
  );
  const listWithPoints = keptFor(
    LISTED_LONG_MS,
    clock,
    () => seriesIn,
    (measurement: string, tags: TagFilter) => listTags([reader], measurement, tags),
  );
  let nextDeletionAt = Number.NEGATIVE_INFINITY;
  const state: InfluxStore['state'] = () => ({ ...connection.state(), rollUps: rollUps?.state(clock.now()) ?? null });
  return {
    ask: reader.ask,
    async write(points) {
      const end = await rollUps?.begin(points, clock.now());
      const { seriesSeen } = encoder;
      try {
        await write(points);
      } finally {
        end?.();
        if (encoder.seriesSeen !== seriesSeen) seriesIn += 1; // not before it is in: it would not be in an answer that is kept meanwhile
      }
    },
    query: (query) =>
      orPoints(() => querySeries(reader, query, (bucketed, bucketMs) => rollUps?.plan(bucketed, bucketMs, clock.now()) ?? null)),
    latest: (measurement, tags, fields) => latestPoints(reader, listWithPoints, clock.now(), { measurement, tags, fields }),
    listSeries,
    describe: () => describePlace(reader),
    scan: (range) => scanPlace(reader, range),
    deleteBefore: (before) => deleteBefore(reader, before),
    sizeBytes: () => sizeBytes(reader, rollUps === null ? [] : [rollUpDatabase(settings)]),
    async usage() {
      const bytes = await this.sizeBytes();
      return { bytes: bytes > 0 ? bytes : null, tiers: [], windowsWaiting: rollUps?.state(clock.now()).hoursWaiting ?? 0 };
    },
    async maintain({ now, retention }) {
      if (clock.monotonic() >= nextDeletionAt) {
        nextDeletionAt = clock.monotonic() + DELETE_EVERY_MS;
        return { more: true, windowsRolledUp: 0, rowsDeleted: await deleteBefore(reader, now - retention.raw) };
      }
      return rollUps === null ? { more: false, windowsRolledUp: 0, rowsDeleted: 0 } : await rollUps.piece(now, retention);
    },
    state,
    async connect() {
      await connection.ready();
      return state();
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
};

/** Pages ask again and again which series there are: an answer holds until we write a new one, and not long, because others write too. */
const keptFor = (keptMs: number, clock: Clock, seriesIn: () => number, list: SeriesStore['listSeries']): SeriesStore['listSeries'] => {
  const kept = new Map<string, { readonly at: number; readonly seen: number; readonly found: ReturnType<SeriesStore['listSeries']> }>();
  return (measurement, tags) => {
    const key = JSON.stringify([measurement, tags]);
    const known = kept.get(key);
    if (known !== undefined && known.seen === seriesIn() && clock.monotonic() - known.at < keptMs) return known.found;
    if (kept.size >= LISTS_MOST) kept.clear();
    const found = list(measurement, tags);
    kept.set(key, { at: clock.monotonic(), seen: seriesIn(), found });
    found.catch(() => kept.delete(key));
    return found;
  };
};

const makeWrite = (settings: InfluxSettings, connection: Connection, clock: Clock, encoder: Encoder): SeriesStore['write'] => {
  const { types } = connection;
  const asFailure = (error: unknown): InfluxFailure => failureFrom(error, 'write', shownUrl(settings));
  return async (points) => {
    if (points.length === 0) return;
    const { writer, place } = await connection.ready();
    const { lined, refused } = encodeAll(encoder, points);
    if (refused.length > 0) throw new PointsRefused(refused, false);
    const keptFrom = (): number | null => (place.retentionMs === null ? null : clock.now() - place.retentionMs);
    const late = await settleAll(lined, { write: writer.write, asFailure, types, keptFrom }).catch((error: unknown) => {
      const failure = asFailure(error);
      connection.failed(failure);
      throw failure;
    });
    connection.wrote(points.length - late.length);
    if (late.length > 0) throw new PointsRefused(late, true);
  };
};
