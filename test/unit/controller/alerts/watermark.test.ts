import * as fc from 'fast-check';
import t from 'tap';
import type { Observation } from '../../../../controller/alerts/observation.ts';
import { type Advance, advance, nothingYet, type Progress } from '../../../../controller/alerts/watermark.ts';

const observation = (end: number, task = 'gw/icmp'): Observation => ({
  measurement: 'ping',
  task,
  at: end - 10_000,
  end,
  intervalMs: 10_000,
  boundMs: 0,
  values: {},
});
const arrival = (change: Partial<Advance>): Advance => ({ arrivedAt: 100_000, lane: 'fresh', upTo: 100_000, observations: [], ...change });
const ends = (all: readonly Observation[]): readonly number[] => all.map(({ end }) => end);

t.test('watermark: rounds wait until their agent is complete up to their end, and come in the order of their ends', async (t) => {
  const first = advance(
    nothingYet,
    arrival({ upTo: 80_000, observations: [observation(90_000), observation(80_000), observation(70_000)] }),
  );
  t.strictSame(ends(first.ready), [70_000, 80_000]);
  const second = advance(first.progress, arrival({ arrivedAt: 101_000, upTo: 95_000 }));
  t.strictSame(ends(second.ready), [90_000]);
});
t.test('watermark: it never runs ahead of the controller, so one bad stamp makes nothing late', async (t) => {
  const { progress, ready } = advance(nothingYet, arrival({ upTo: 9e12, observations: [observation(100_000), observation(3_600_000)] }));
  t.equal(progress.upTo, 100_000);
  t.strictSame(ends(ready), [100_000]);
  t.strictSame(ends(progress.waiting), [3_600_000]);
});
t.test('watermark: it never goes back', async (t) => {
  const { progress } = advance({ upTo: 90_000, waiting: [] }, arrival({ upTo: 50_000 }));
  t.equal(progress.upTo, 90_000);
});
t.test(
  'watermark: backfill is never handed out: the backlog lane, behind the watermark, or later than two intervals and 30 s',
  async (t) => {
    const before: Progress = { upTo: 60_000, waiting: [] };
    t.strictSame(advance(before, arrival({ lane: 'backlog', upTo: null, observations: [observation(99_000)] })).ready, []);
    t.strictSame(advance(before, arrival({ observations: [observation(60_000)] })).ready, []);
    t.strictSame(ends(advance(nothingYet, arrival({ observations: [observation(50_000), observation(49_999)] })).ready), [50_000]);
  },
);
t.test('watermark: what waited too long for its watermark is backfill too', async (t) => {
  const waiting = advance(nothingYet, arrival({ upTo: 50_000, observations: [observation(99_000)] }));
  const { ready, progress, late } = advance(waiting.progress, arrival({ arrivedAt: 3_700_000, upTo: 3_700_000 }));
  t.strictSame([ready, progress.waiting, late], [[], [], 1]);
});

const anyArrival = fc.record({
  waitMs: fc.integer({ min: 0, max: 120_000 }),
  lane: fc.constantFrom('fresh' as const, 'backlog' as const),
  upToLagMs: fc.option(fc.integer({ min: -60_000, max: 120_000 }), { nil: null }),
  ages: fc.array(fc.integer({ min: -300_000, max: 300_000 }), { maxLength: 5 }),
});
t.test('watermark: whatever comes, each round is handed out at most once, in order, complete, and never late', async (t) => {
  const holds = () =>
    fc.assert(
      fc.property(fc.array(anyArrival, { maxLength: 30 }), (arrivals) => {
        let progress = nothingYet;
        let now = 1_000_000;
        let newest = 0;
        let sent = 0;
        const seen = new Set<string>();
        for (const { waitMs, lane, upToLagMs, ages } of arrivals) {
          now += waitMs;
          const observations = ages.map((age) => observation(now - age, `t${sent++}/icmp`));
          const result = advance(progress, { arrivedAt: now, lane, upTo: upToLagMs === null ? null : now - upToLagMs, observations });
          for (const { end, task } of result.ready) {
            if (seen.has(task) || end < newest || end > result.progress.upTo || now - end > 50_000) return false;
            seen.add(task);
            newest = end;
          }
          if (result.progress.upTo > now || result.progress.upTo < progress.upTo) return false;
          progress = result.progress;
        }
        return true;
      }),
    );
  t.doesNotThrow(holds);
});
