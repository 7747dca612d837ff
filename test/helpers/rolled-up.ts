import type { Retention } from '../../controller/series/store.ts';

// The times that the tests of roll-ups share.

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const KEPT: Retention = { raw: 90 * DAY, '1m': 180 * DAY, '5m': 400 * DAY, '1h': 1_830 * DAY };
/** In the midst of an hour. */
export const NOW = Math.floor(Date.now() / HOUR) * HOUR + 30 * MINUTE;
