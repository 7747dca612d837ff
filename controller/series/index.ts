import type { InfluxSettings } from './influx/settings.ts';
import { type InfluxStore, type InfluxStoreOptions, openInfluxStore } from './influx/store.ts';
import { openRemoteSqliteStore } from './sqlite/remote.ts';
import type { SeriesStore } from './store.ts';

/** THE LIST of series stores: how each is opened for production, by the name that the settings use. */
export const SERIES_STORES = {
  /** Embedded: one SQLite file. */
  sqlite: (settings: { readonly path: string }): Promise<SeriesStore> => openRemoteSqliteStore(settings.path),
  /** An InfluxDB 1.x, 2.x or 3.x; it need not answer yet. */
  influx: (settings: InfluxSettings, options: InfluxStoreOptions): Promise<InfluxStore> =>
    Promise.resolve(openInfluxStore(settings, options)),
} as const;
export type SeriesStoreKind = keyof typeof SERIES_STORES;
