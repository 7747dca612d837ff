import t from 'tap';
import { forecast } from '../../../../controller/series/forecast.ts';
import type { Retention, StoreUsage } from '../../../../controller/series/store.ts';

const DAY = 86_400_000;
const NOW = 100 * DAY;
const RETENTION: Retention = { raw: 10 * DAY, '1m': 20 * DAY, '5m': 20 * DAY, '1h': 20 * DAY };
const none = { bytes: 0, rows: 0, oldestAt: null, newestAt: null };
const usage = (rawDays: number, rawBytes: number): StoreUsage => ({
  bytes: rawBytes,
  windowsWaiting: 0,
  tiers: [
    { tier: 'raw', bytes: rawBytes, rows: 1, oldestAt: NOW - rawDays * DAY, newestAt: NOW },
    { tier: '1m', ...none },
    { tier: '5m', ...none },
    { tier: '1h', ...none },
  ],
});

t.test('forecast: at the pace of what is there, until it is as old as it is kept', async (t) => {
  const told = forecast(usage(2, 2_000), RETENTION, NOW, 1e9);
  t.match(told.tiers[0], { bytesPerDay: 1_000, finalBytes: 10_000 });
  t.equal(told.finalBytes, 10_000);
  t.equal(told.fullAt, null, 'it never fills a disk that is large enough');
});

t.test('forecast: the day on which the disk is full', async (t) => {
  const { fullAt } = forecast(usage(2, 2_000), RETENTION, NOW, 3_000);
  t.ok(fullAt !== null && Math.abs(fullAt - (NOW + 3 * DAY)) < DAY / 10);
  t.equal(forecast(usage(2, 2_000), RETENTION, NOW, null).fullAt, null, 'nobody knows what is free');
});

t.test('forecast: says nothing from an hour of measurements', async (t) => {
  t.match(forecast(usage(1 / 24, 2_000), RETENTION, NOW, 10), { finalBytes: null, fullAt: null });
});
