// The embedded store in this thread: for tests and the simulation. In production it runs in a worker (remote.ts).
import type { Db } from '../../../protocol/database.ts';
import type { SeriesStore } from '../store.ts';
import { type Core, openCore } from './core.ts';
import { type SeriesTags, unpackNames, unpackPoints, unpackSeries } from './answer.ts';
import { makePacker, type Packer } from './pack.ts';

/** The core from the side that asks: every call may take its time, or fail. */
export type Far = { readonly [K in keyof Core]: (...values: Parameters<Core[K]>) => Promise<ReturnType<Core[K]>> };

/** Over a Db that the caller closes. Synchronous inside. */
export const openSqliteStore = (db: Db): SeriesStore => {
  const core = openCore(db);
  const far: Far = {
    write: async (write) => core.write(write),
    query: async (query) => core.query(query),
    latest: async (measurement, tags, fields) => core.latest(measurement, tags, fields),
    listSeries: async (measurement, tags) => core.listSeries(measurement, tags),
    describe: async () => core.describe(),
    scan: async (range) => core.scan(range),
    maintain: async (options) => core.maintain(options),
    deleteBefore: async (before) => core.deleteBefore(before),
    usage: async () => core.usage(),
    sizeBytes: async () => core.sizeBytes(),
  };
  return { ...storeOver(far, makePacker(), new Map()), async [Symbol.asyncDispose]() {} };
};

/** Points to columns and back; `known` and the packer's numbers live as long as the core does. */
export const storeOver = (far: Far, packer: Packer, known: SeriesTags): Omit<SeriesStore, typeof Symbol.asyncDispose> => ({
  async write(points) {
    if (points.length === 0) return await far.write({ fresh: [], anew: false, parts: [] });
    await far.write(packer.pack(points));
  },
  query: async (query) => unpackSeries(await far.query(query), known),
  async latest(measurement, tags, fields) {
    const { names, answer } = await far.latest(measurement, tags, fields);
    return unpackPoints(answer, names, known);
  },
  listSeries: async (measurement, tags) => unpackNames(await far.listSeries(measurement, tags), known),
  describe: () => far.describe(),
  scan: (range) => far.scan(range),
  maintain: (options) => far.maintain(options),
  deleteBefore: (before) => far.deleteBefore(before),
  usage: () => far.usage(),
  sizeBytes: () => far.sizeBytes(),
});
