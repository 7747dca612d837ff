import t from 'tap';
import { hasRestarted } from '../../../../agent/stats/up-time.ts';

const at = (cs: number, s: number) => ({ cs, atMs: s * 1_000 });

t.test('up time: it goes on: no restart, also a bit early or late', async (t) => {
  t.notOk(hasRestarted(at(1_000_000, 0), at(1_006_000, 60)));
  t.notOk(hasRestarted(at(1_000_000, 0), at(1_005_500, 60)));
  t.notOk(hasRestarted(at(1_000_000, 0), at(1_006_900, 60)));
});

t.test('up time: back to zero is a restart', async (t) => {
  t.ok(hasRestarted(at(1_000_000, 0), at(1_500, 60)));
});

t.test('up time: a restart shows after missed polls too, when the new up time is above the old one', async (t) => {
  t.ok(hasRestarted(at(10_000, 0), at(300_000, 3_600)));
});

t.test('up time: over the top of 32 bits is no restart', async (t) => {
  t.notOk(hasRestarted(at(2 ** 32 - 1_000, 0), at(5_000, 60)));
  t.notOk(hasRestarted(at(2 ** 32 - 100, 0), at(5_900, 60)));
  t.notOk(hasRestarted(at(2 ** 32 - 6_050, 0), at(50, 60)), 'a moment before it should');
  t.ok(hasRestarted(at(2 ** 32 - 1_000, 0), at(500_000, 600)), 'but somewhere else is one');
});

t.test('up time: a clock that was set forward is no restart', async (t) => {
  t.notOk(hasRestarted(at(1_000, 0), at(9_000_000, 60)));
});

t.test('up time: one that stands still is no restart, unless that is how long ago it may have begun', async (t) => {
  t.notOk(hasRestarted(at(1_000_000, 0), at(1_000_000, 60)));
  t.ok(hasRestarted(at(6_000, 0), at(6_000, 180)));
});
