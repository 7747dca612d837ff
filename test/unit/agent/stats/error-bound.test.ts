import * as fc from 'fast-check';
import t from 'tap';
import { errorBound } from '../../../../agent/stats/error-bound.ts';

const packets = (...pairs: [number, number][]) => pairs.map(([rttMs, waitedMs]) => ({ rttMs, waitedMs }));

t.test('the bound is the canary and the lag when no packet waited', async (t) => {
  t.match(errorBound({ canaryMs: 0.02, schedulerLagMs: 0.03, socketDrops: 0 }, packets([10, 0], [11, 0])), {
    boundMs: 0.05,
    canaryMs: 0.02,
    schedulerLagMs: 0.03,
    socketDrops: 0,
  });
});

t.test('what was not seen is not taken for quiet', async (t) => {
  t.equal(errorBound({ canaryMs: null, schedulerLagMs: null, socketDrops: 0 }, []).boundMs, 2);
});

t.test('a stall widens the bound only as far as it may have moved the median', async (t) => {
  const noise = { canaryMs: 0, schedulerLagMs: 0, socketDrops: 0 };
  t.equal(errorBound(noise, packets([10, 0], [20, 0], [30, 5])).boundMs, 0, 'a packet far from the median');
  t.equal(errorBound(noise, packets([10, 0], [20, 5], [30, 0])).boundMs, 5, 'the median itself');
  t.equal(errorBound(noise, packets([10, 0], [20, 15], [30, 0])).boundMs, 10, 'never below the next packet');
});

t.test('whatever noise was added, as long as it was seen, the true median lies inside', async () => {
  const packet = fc.record({
    trueMs: fc.double({ min: 0, max: 100, noNaN: true }),
    waitedMs: fc.double({ min: 0, max: 50, noNaN: true }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1] ?? Number.NaN;
  fc.assert(
    fc.property(fc.array(packet, { minLength: 1, maxLength: 20 }), (round) => {
      const measured = round.map(({ trueMs, waitedMs, share }) => ({ rttMs: trueMs + waitedMs * share, waitedMs }));
      const error = median(measured.map(({ rttMs }) => rttMs)) - median(round.map(({ trueMs }) => trueMs));
      return error >= 0 && error <= errorBound({ canaryMs: 0, schedulerLagMs: 0, socketDrops: 0 }, measured).boundMs + 1e-9;
    }),
  );
});
