// InfluxDB behind the series store's interface: lines by the client library, InfluxQL on /query by undici.
import type { Clock } from '../../../protocol/time.ts';
import { PointsRefused, type RefusedPoint } from '../refused.ts';
import type { SeriesStore } from '../store.ts';
import type { Table } from './answer.ts';
import { type Connection, type InfluxState, openConnection } from './connection.ts';
import { describePlace, scanPlace } from './describe.ts';
import { failureFrom, type InfluxFailure } from './failure.ts';
import { openEncoder } from './lines.ts';
import { latestPoints, listTags, querySeries } from './query.ts';
import { makeReader } from './reader.ts';
import { InfluxSettings, shownUrl } from './settings.ts';
import { type Lined, settle } from './settle.ts';
import { deleteBefore, sizeBytes } from './upkeep.ts';

export interface InfluxStore extends SeriesStore {
  /** One question in InfluxQL; times in ms. Rejects with InfluxFailure. */
  ask(influxql: string): Promise<readonly Table[]>;
  state(): InfluxState;
  /** Finds version and place out now; rejects with InfluxFailure. */
  connect(): Promise<InfluxState>;
}

export interface InfluxStoreOptions {
  readonly clock: Clock;
  /** One exchange takes this long at most. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;
/** Lines of one request: large enough to be worth its fsync, small enough that halving a refused one is quick. */
const LINES_AT_ONCE = 5_000;
const DELETE_EVERY_MS = 3_600_000;

/** Opens nothing: a server that is away now is no reason not to start. Throws when the settings are not good. */
export const openInfluxStore = (settings: InfluxSettings, { clock, timeoutMs = TIMEOUT_MS }: InfluxStoreOptions): InfluxStore => {
  const connection = openConnection(InfluxSettings.parse(settings), clock, timeoutMs);
  const reader = makeReader(settings, connection);
  let nextDeletionAt = Number.NEGATIVE_INFINITY;
  return {
    ask: reader.ask,
    write: makeWrite(settings, connection, clock),
    query: (query) => querySeries(reader, query),
    latest: (measurement, tags, fields) => latestPoints(reader, measurement, tags, fields),
    listSeries: (measurement, tags) => listTags(reader, measurement, tags),
    describe: () => describePlace(reader),
    scan: (range) => scanPlace(reader, range),
    deleteBefore: (before) => deleteBefore(reader, before),
    sizeBytes: () => sizeBytes(reader),
    async usage() {
      return { bytes: await sizeBytes(reader), tiers: [], windowsWaiting: 0 };
    },
    async maintain({ now, retention }) {
      if (clock.monotonic() < nextDeletionAt) return { more: false, windowsRolledUp: 0, rowsDeleted: 0 };
      nextDeletionAt = clock.monotonic() + DELETE_EVERY_MS;
      return { more: false, windowsRolledUp: 0, rowsDeleted: await deleteBefore(reader, now - retention.raw) };
    },
    state: connection.state,
    async connect() {
      await connection.ready();
      return connection.state();
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
};

const makeWrite = (settings: InfluxSettings, connection: Connection, clock: Clock): SeriesStore['write'] => {
  const { types } = connection;
  const encoder = openEncoder(types);
  const asFailure = (error: unknown): InfluxFailure => failureFrom(error, 'write', shownUrl(settings));
  return async (points) => {
    if (points.length === 0) return;
    const { writer, place } = await connection.ready();
    const batch: Lined[] = [];
    const refused: RefusedPoint[] = [];
    for (const point of points) {
      const encoded = encoder.encode(point);
      if ('line' in encoded) batch.push({ point, line: encoded.line });
      else refused.push({ point, reason: encoded.refused });
    }
    if (refused.length > 0) throw new PointsRefused(refused, false);
    const keptFrom = (): number | null => (place.retentionMs === null ? null : clock.now() - place.retentionMs);
    try {
      for (let start = 0; start < batch.length; start += LINES_AT_ONCE) {
        const part = batch.slice(start, start + LINES_AT_ONCE);
        refused.push(...(await settle(part, { write: writer.write, asFailure, types, keptFrom })));
      }
    } catch (error) {
      const failure = asFailure(error);
      connection.failed(failure);
      throw failure;
    }
    connection.wrote(points.length - refused.length);
    if (refused.length > 0) throw new PointsRefused(refused, true);
  };
};
