import { openRemoteSqliteStore } from './sqlite/remote.ts';
import type { SeriesStore } from './store.ts';

/** THE LIST of series stores: how each is opened for production, by the name that the settings use. */
export const SERIES_STORES = {
  /** Embedded: one SQLite file. */
  sqlite: (settings: { readonly path: string }): Promise<SeriesStore> => openRemoteSqliteStore(settings.path),
} as const;
export type SeriesStoreKind = keyof typeof SERIES_STORES;
