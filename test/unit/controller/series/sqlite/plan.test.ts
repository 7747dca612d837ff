import t from 'tap';
import { planRange, withoutWaiting } from '../../../../../controller/series/sqlite/plan.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ALL = [0, 0, 0, 0];

t.test('plan: points as they were written come from the points alone', async (t) => {
  t.same(planRange({ from: 5, to: 10 * DAY, bucketMs: 0 }, ALL), [{ tier: 0, from: 5, to: 10 * DAY }]);
  t.same(planRange({ from: 5, to: 10 * DAY, bucketMs: 0 }, [DAY, 0, 0, 0]), [{ tier: 0, from: DAY, to: 10 * DAY }]);
  t.same(planRange({ from: 5, to: 10, bucketMs: 0 }, [DAY, 0, 0, 0]), []);
});

t.test('plan: the largest window that fits the bucket, and points for the ragged ends', async (t) => {
  t.same(planRange({ from: 30 * MINUTE, to: 5 * HOUR + MINUTE, bucketMs: 2 * HOUR }, ALL), [
    { tier: 0, from: 30 * MINUTE, to: HOUR },
    { tier: 3, from: HOUR, to: 5 * HOUR },
    { tier: 0, from: 5 * HOUR, to: 5 * HOUR + MINUTE },
  ]);
  t.same(planRange({ from: 0, to: HOUR, bucketMs: 10 * MINUTE }, ALL), [{ tier: 2, from: 0, to: HOUR }]);
  t.same(planRange({ from: 0, to: HOUR, bucketMs: 7 * MINUTE }, ALL), [{ tier: 1, from: 0, to: HOUR }]);
  t.same(planRange({ from: 0, to: HOUR, bucketMs: 10_000 }, ALL), [{ tier: 0, from: 0, to: HOUR }]);
});

t.test('plan: what is not kept as points any more comes from the finest tier that has it', async (t) => {
  const floors = [30 * DAY, 20 * DAY, 10 * DAY, 5 * DAY];
  t.same(planRange({ from: 0, to: 31 * DAY, bucketMs: MINUTE }, floors), [
    { tier: 3, from: 5 * DAY, to: 10 * DAY },
    { tier: 2, from: 10 * DAY, to: 20 * DAY },
    { tier: 1, from: 20 * DAY, to: 30 * DAY },
    { tier: 1, from: 30 * DAY, to: 31 * DAY },
  ]);
  t.same(planRange({ from: 0, to: 4 * DAY, bucketMs: MINUTE }, floors), []);
});

t.test('plan: hours that wait for their roll-up are made of points, unless those are gone', async (t) => {
  const segments = [{ tier: 3, from: 0, to: 6 * HOUR }];
  t.same(withoutWaiting(segments, [2, 3, 9], 0), [
    { tier: 3, from: 0, to: 2 * HOUR },
    { tier: 0, from: 2 * HOUR, to: 3 * HOUR },
    { tier: 0, from: 3 * HOUR, to: 4 * HOUR },
    { tier: 3, from: 4 * HOUR, to: 6 * HOUR },
  ]);
  t.same(withoutWaiting(segments, [2], 3 * HOUR), segments);
  t.same(withoutWaiting([{ tier: 0, from: 0, to: 9 }], [0], 0), [{ tier: 0, from: 0, to: 9 }]);
});
