import * as fc from 'fast-check';
import t from 'tap';
import { errorBound } from '../../../../agent/stats/error-bound.ts';

const STAMP_MS = 0.01;
const CALM = { canaryMs: 0.02, unseenMs: 0, schedulerLagMs: 0.3, socketDrops: 0 };
const packets = (...pairs: [number, number][]) => pairs.map(([rttMs, sendMs]) => ({ rttMs, sendMs }));
const wider = (round: readonly { rttMs: number; sendMs: number }[]): number =>
  Math.round((errorBound(CALM, round).boundMs - STAMP_MS) * 1e6) / 1e6;

t.test('the bound is what the sends took, and says what it was seen beside', async (t) => {
  t.match(errorBound(CALM, packets([10, 0.5], [11, 0.5])), {
    boundMs: 0.5 + STAMP_MS,
    canaryMs: 0.02,
    schedulerLagMs: 0.3,
    socketDrops: 0,
  });
});

t.test('a canary that came later than its send explains widens it, and none at all widens it by a millisecond and the lag', async (t) => {
  t.equal(errorBound({ ...CALM, unseenMs: 0.2 }, []).boundMs, 0.2 + STAMP_MS);
  t.equal(errorBound({ ...CALM, canaryMs: null, unseenMs: null }, []).boundMs, 1 + 0.3 + STAMP_MS);
});

t.test('a packet that was held up widens the bound only as far as it may have moved the median', async (t) => {
  t.equal(wider(packets([10, 0], [20, 0], [30, 5])), 0, 'a packet far from the median');
  t.equal(wider(packets([10, 0], [20, 5], [30, 0])), 5, 'the median itself');
  t.equal(wider(packets([10, 0], [20, 15], [30, 0])), 10, 'never below the next packet');
});

t.test('wherever in its send each packet left, the true median lies inside', async () => {
  const packet = fc.record({
    trueMs: fc.double({ min: 0, max: 100, noNaN: true }),
    sendMs: fc.double({ min: 0, max: 50, noNaN: true }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1] ?? Number.NaN;
  fc.assert(
    fc.property(fc.array(packet, { minLength: 1, maxLength: 20 }), (round) => {
      const measured = round.map(({ trueMs, sendMs, share }) => ({ rttMs: trueMs + sendMs * share, sendMs }));
      const error = median(measured.map(({ rttMs }) => rttMs)) - median(round.map(({ trueMs }) => trueMs));
      return error >= 0 && error <= errorBound(CALM, measured).boundMs + 1e-9;
    }),
  );
});
