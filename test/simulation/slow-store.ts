import type { Point, SeriesStore } from '../../controller/series/store.ts';
import { type Life, never } from './life.ts';
import type { Seeded } from './random.ts';

/** What the fault plan does to the store. */
export interface StoreWeather {
  /** A write takes up to this long. */
  slowMs: number;
  /** Chance that a write fails; half of those that fail have written all the same. */
  fail: number;
}

/** The embedded store as the controller sees it through its worker: later, sometimes not at all. `written` is told what is committed. */
export const faultyStore = (
  store: SeriesStore,
  life: Life,
  random: Seeded,
  weather: StoreWeather,
  written: (points: readonly Point[]) => void,
): SeriesStore => ({
  async write(points) {
    if (!life.step()) return never();
    await life.clock.sleep(random.between(0.2, 2) + random.between(0, weather.slowMs), life.stopping.signal).catch(() => {});
    const fails = random.chance(weather.fail);
    if (fails && random.chance(0.5)) throw new Error('the store does not answer');
    await store.write(points);
    written(points);
    if (!life.step()) return never();
    if (fails) throw new Error('the store was cut off before it answered');
  },
  query: (query) => (life.step() ? store.query(query) : never()),
  latest: (measurement, tags, fields) => (life.step() ? store.latest(measurement, tags, fields) : never()),
  listSeries: (measurement, tags) => (life.step() ? store.listSeries(measurement, tags) : never()),
  describe: () => (life.step() ? store.describe() : never()),
  scan: (range) => (life.step() ? store.scan(range) : never()),
  maintain: (options) => (life.step() ? store.maintain(options) : never()),
  usage: () => (life.step() ? store.usage() : never()),
  deleteBefore: (before) => (life.step() ? store.deleteBefore(before) : never()),
  sizeBytes: () => (life.step() ? store.sizeBytes() : never()),
  [Symbol.asyncDispose]: async () => {},
});
