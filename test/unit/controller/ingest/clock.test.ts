import t from 'tap';
import { openControllerClock, SLEW_PPM } from '../../../../controller/ingest/clock.ts';
import { makeManualClock } from '../../../helpers/manual-clock.ts';

const host = (bootId = 'b1', suspended = { ms: 0 }) => ({ bootId, suspendedMs: () => suspended.ms });

t.test('clock: a step of the wall clock is slewed, never stepped, in both directions', async (t) => {
  for (const direction of [1, -1]) {
    const wall = makeManualClock();
    const clock = openControllerClock(wall, host(), null);
    const start = clock.now();
    wall.stepWall(direction * 3_600_000);
    t.equal(clock.now(), start);
    await wall.advance(1_000_000);
    t.equal(clock.now() - start, 1_000_000 + direction * SLEW_PPM);
    t.equal(Math.round(clock.awayMs()), direction * (3_600_000 - SLEW_PPM));
  }
});

t.test('clock: a small difference is slewed away and then stays away', async (t) => {
  const wall = makeManualClock();
  const clock = openControllerClock(wall, host(), null);
  wall.stepWall(8);
  await wall.advance(100_000);
  t.equal(clock.awayMs(), 0);
  await wall.advance(5);
  t.equal(clock.now(), wall.now());
});

t.test('clock: time never goes back, whatever the wall clock does', async (t) => {
  const wall = makeManualClock();
  const clock = openControllerClock(wall, host(), null);
  let last = clock.now();
  for (const step of [5_000, -90_000, 3, -3, 1e9, -2e9]) {
    wall.stepWall(step);
    await wall.advance(7);
    t.ok(clock.now() > last);
    last = clock.now();
  }
});

t.test('clock: a suspended host has lost no time', async (t) => {
  const wall = makeManualClock();
  const suspended = { ms: 0 };
  const clock = openControllerClock(wall, host('b1', suspended), null);
  const start = clock.now();
  suspended.ms = 7_200_000;
  wall.stepWall(7_200_000);
  t.equal(clock.now(), start + 7_200_000);
});

t.test('clock: a restart in the same boot goes on along its line, another boot begins at the wall clock', async (t) => {
  const wall = makeManualClock();
  const first = openControllerClock(wall, host(), null);
  wall.stepWall(3_600_000);
  await wall.advance(10);
  const anchor = first.anchor();
  await wall.advance(2_000);

  t.ok(Math.abs(openControllerClock(wall, host(), anchor).now() - first.now()) < 2, 'the same but for what is slewed meanwhile');
  t.equal(openControllerClock(wall, host('b2'), anchor).now(), wall.now());
});
