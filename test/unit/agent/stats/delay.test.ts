import * as fc from 'fast-check';
import t from 'tap';
import { percentile, rttStatistics } from '../../../../agent/stats/delay.ts';

t.test('a percentile is the nearest rank of RFC 2330, never an invented value', async (t) => {
  const values = [15, 20, 35, 40, 50];
  for (const [p, expected] of [
    [0, 15],
    [5, 15],
    [30, 20],
    [40, 20],
    [50, 35],
    [95, 50],
    [100, 50],
  ] as const)
    t.equal(percentile(values, p), expected, `p${p}`);
  t.throws(() => percentile([], 50), /percentile of nothing/);
});

t.test('one received packet is its own every statistic', async (t) => {
  const statistics = rttStatistics([7]);
  for (const [name, value] of Object.entries(statistics ?? {})) t.equal(value, name === 'stddevMs' ? 0 : 7, name);
});

t.test('nothing received has no statistics', async (t) => t.equal(rttStatistics([]), null));

t.test('ten packets give the numbers that a person works out by hand', async (t) => {
  t.match(rttStatistics([10, 1, 2, 3, 4, 5, 6, 7, 8, 9]), {
    minMs: 1,
    meanMs: 5.5,
    medianMs: 5,
    maxMs: 10,
    p5Ms: 1,
    p10Ms: 1,
    p25Ms: 3,
    p75Ms: 8,
    p90Ms: 9,
    p95Ms: 10,
    p99Ms: 10,
  });
  t.equal(rttStatistics([2, 4])?.stddevMs, 1, 'the deviation of the whole round, not of a sample of it');
});

t.test('the statistics of a round stand in their order, whatever was measured', async () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 100 }), (rtts) => {
      const s = rttStatistics(rtts);
      if (s === null) return false;
      const order = [s.minMs, s.p5Ms, s.p10Ms, s.p25Ms, s.medianMs, s.p75Ms, s.p90Ms, s.p95Ms, s.p99Ms, s.maxMs];
      return (
        order.every((value, i) => i === 0 || value >= (order[i - 1] ?? 0)) &&
        order.every((value) => rtts.includes(value)) &&
        s.stddevMs >= 0
      );
    }),
  );
});
