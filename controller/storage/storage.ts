// Which store is in use: the embedded one, or an InfluxDB with what the embedded one held copied into it. Changed while measuring goes on.
import { rmSync } from 'node:fs';
import type { Clock } from '../../protocol/time.ts';
import type { Log } from '../../protocol/log.ts';
import type { InfluxTest } from '../../protocol/store-api.ts';
import { examine } from '../series/influx/examine.ts';
import { type InfluxSettings, shownUrl } from '../series/influx/settings.ts';
import { type InfluxState, type InfluxStore, openInfluxStore } from '../series/influx/store.ts';
import type { Retention, SeriesStore } from '../series/store.ts';
import { readNote, writeNote } from '../start/state-notes.ts';
import type { State } from '../state/database.ts';
import { BackfillPlace, runBackfill } from './backfill.ts';
import { type Border, readBoth } from './both.ts';
import { type KeptPlace, keepInflux, keptInflux } from './kept-influx.ts';
import { rollUpNotes } from './rollup-notes.ts';
import { openSetAside, type SetAside } from './set-aside.ts';
import { namingRefused } from './typed.ts';

export interface StorageState {
  readonly kind: 'sqlite' | 'influx';
  /** By a flag, the environment or controller.yaml: the page cannot change it. */
  readonly fixed: boolean;
  readonly influx: InfluxState | null;
  readonly backfill: (BackfillPlace & { readonly trouble: string | null }) | null;
}

export interface Storage extends AsyncDisposable {
  /** What the core reads and writes, whichever it is now. */
  readonly store: SeriesStore;
  readonly setAside: SetAside;
  state(): StorageState;
  /** What an InfluxDB lets us do, and what is missing there; changes nothing, here or there. */
  test(settings: InfluxSettings, retention: Retention): Promise<InfluxTest>;
  /** One question in InfluxQL to the InfluxDB in use, with its login; null: none is. Rejects with InfluxFailure. */
  influxql(question: string): ReturnType<InfluxStore['ask']> | null;
  /** From now on every point goes there, and what is here is copied behind. */
  useInflux(settings: InfluxSettings): Promise<void>;
  /** Back to the embedded store; what InfluxDB has stays there. */
  useEmbedded(): Promise<void>;
}

export interface StorageOptions {
  readonly embedded: SeriesStore;
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  /** From the settings; null: what the page has set, else the embedded store. */
  readonly influx: InfluxSettings | null;
  /** Where what the page has set is kept; null: nowhere. */
  readonly kept: KeptPlace | null;
}

export const openStorage = async (options: StorageOptions): Promise<Storage> => {
  const { state, clock, log, kept: keptPlace } = options;
  const embedded = namingRefused(options.embedded);
  const setAside = openSetAside(state, clock, log);
  const fixed = options.influx !== null;
  let influx: InfluxStore | null = null;
  let current = embedded;
  let backfill: BackfillPlace | null = null;
  let trouble: string | null = null;
  let stopCopy = new AbortController();
  let copying: Promise<void> = Promise.resolve();

  const border = (): Border | null => {
    if (backfill === null) return null;
    const { finishedAt, copiedFrom, until, oldest, hasOlderWindows } = backfill;
    if (finishedAt === null) return { at: copiedFrom, until, isCopying: true };
    return hasOlderWindows || copiedFrom > oldest ? { at: copiedFrom, until, isCopying: false } : null; // the new one may not keep as much
  };
  const begin = async (settings: InfluxSettings): Promise<void> => {
    const into = `${shownUrl(settings)} ${settings.database} ${settings.retentionPolicy}`;
    const next = openInfluxStore(settings, { clock, notes: rollUpNotes(state, into) });
    backfill = await placeOf(into);
    influx = next;
    current = readBoth(embedded, next, border);
    if (backfill !== null && backfill.finishedAt === null) copying = copy(backfill, next);
  };
  /** Where the copy stands; null when there is nothing to copy. */
  const placeOf = async (into: string): Promise<BackfillPlace | null> => {
    const kept = await readNote(state, 'backfill');
    const known = kept === null ? null : BackfillPlace.parse(JSON.parse(kept));
    const { tiers } = await embedded.usage();
    const raw = tiers.find(({ tier }) => tier === 'raw');
    // What was written here since, between two changes, is to be copied too.
    if (known !== null && known.into === into && (raw?.newestAt ?? 0) < known.until) return known;
    if (raw === undefined || raw.oldestAt === null || raw.newestAt === null) return null;
    const until = Math.max(raw.newestAt + 1, Math.floor(clock.now()));
    const { oldestAt } = raw;
    const hasOlderWindows = tiers.some((tier) => tier.oldestAt !== null && tier.oldestAt < Math.floor(oldestAt / HOUR_MS) * HOUR_MS);
    const oldest = hasOlderWindows ? Math.ceil(oldestAt / HOUR_MS) * HOUR_MS : oldestAt;
    const place = { into, until, oldest, hasOlderWindows, copiedFrom: until, points: 0, refused: 0, finishedAt: null };
    await writeNote(state, 'backfill', JSON.stringify(place));
    return place;
  };
  const copy = (place: BackfillPlace, into: InfluxStore): Promise<void> => {
    stopCopy = new AbortController();
    return runBackfill(
      place,
      {
        clock,
        older: embedded,
        newer: into,
        setAside: setAside.add,
        async keep(next) {
          await writeNote(state, 'backfill', JSON.stringify(next));
          backfill = next;
          if (next.finishedAt !== null)
            log.info('backfill-done', `${next.points} points of the embedded store are in InfluxDB`, { refused: next.refused });
        },
        keptFrom() {
          const { retentionMs } = into.state();
          return retentionMs === null ? null : Math.floor(clock.now() - retentionMs);
        },
        onTrouble: (message) => {
          trouble = message;
        },
      },
      stopCopy.signal,
    );
  };
  const stopCopying = async (): Promise<void> => {
    stopCopy.abort(new Error('stop'));
    await copying;
  };
  const end = async (): Promise<void> => {
    await stopCopying();
    await influx?.[Symbol.asyncDispose]();
    influx = null;
    backfill = null;
  };

  const first = options.influx ?? (keptPlace === null ? null : keptInflux(keptPlace));
  if (first !== null) await begin(first);
  return {
    store: followed(() => current),
    setAside,
    state: () => ({
      kind: influx === null ? 'sqlite' : 'influx',
      fixed,
      influx: influx?.state() ?? null,
      backfill: backfill === null ? null : { ...backfill, trouble },
    }),
    influxql: (question) => influx?.ask(question) ?? null,
    test: (settings, retention) => examine(settings, retention, TEST_MS),
    async useInflux(settings) {
      const before = influx;
      await stopCopying();
      await begin(settings);
      await before?.[Symbol.asyncDispose]();
      if (keptPlace !== null) keepInflux(keptPlace, settings);
      log.info('store-changed', `points go to InfluxDB at ${influx?.state().url ?? ''} from now on`);
    },
    async useEmbedded() {
      current = embedded;
      await end();
      if (keptPlace !== null) rmSync(keptPlace.file, { force: true });
      log.info('store-changed', 'points go to the embedded store from now on');
    },
    [Symbol.asyncDispose]: end,
  };
};

const TEST_MS = 5_000;
const HOUR_MS = 3_600_000;

/** One store for everybody, while the one behind it changes. */
const followed = (current: () => SeriesStore): SeriesStore => ({
  write: (points) => current().write(points),
  query: (query) => current().query(query),
  latest: (measurement, tags, fields) => current().latest(measurement, tags, fields),
  listSeries: (measurement, tags) => current().listSeries(measurement, tags),
  describe: () => current().describe(),
  scan: (range) => current().scan(range),
  maintain: (options) => current().maintain(options),
  deleteBefore: (before) => current().deleteBefore(before),
  usage: () => current().usage(),
  sizeBytes: () => current().sizeBytes(),
  [Symbol.asyncDispose]: async () => {},
});
