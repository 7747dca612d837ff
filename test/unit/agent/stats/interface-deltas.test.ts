import fc from 'fast-check';
import t from 'tap';
import { addTo, deltasOf, exact } from '../../../../agent/stats/interface-deltas.ts';

const GIGABIT = 1e9;
const TOP_32 = 2 ** 32;
const quiet = [1_000_000, 1_000, 0, 0, 2_000_000, 2_000, 0, 0];

t.test('counters that count on give exactly how far they went', async (t) => {
  const moved = deltasOf(quiet, [1_001_500, 1_001, 1, 0, 2_003_000, 2_002, 0, 5], 10_000, GIGABIT);
  t.same(moved, { deltas: [1_500, 1, 1, 0, 3_000, 2, 0, 5] });
});

t.test('an interface that was not there before has no rate', async (t) => {
  t.same(deltasOf(undefined, quiet, 10_000, null), { deltas: null, noDelta: 'first' });
});

t.test('a driver that counts with 32 bits wraps: one counter goes over its top, its neighbours count on', async (t) => {
  const before = [TOP_32 - 500, 900_000, 0, 0, 7_000_000, 800_000, 0, 0];
  const now = [1_500, 900_002, 0, 0, 7_000_400, 800_001, 0, 0];
  t.same(deltasOf(before, now, 10_000, GIGABIT), { deltas: [2_000, 2, 0, 0, 400, 1, 0, 0] });
});

t.test('an interface that was made anew under its old name begins at zero: a reset, never a wrap of petabits', async (t) => {
  t.same(deltasOf(quiet, [4_000, 4, 0, 0, 500, 1, 0, 0], 10_000, GIGABIT), { deltas: null, noDelta: 'reset' });
  const wide = [9_007_199_254_740_993n, 5_000_000, 0, 0, 9_007_199_254_740_993n, 5_000_000, 0, 0];
  t.same(deltasOf(wide, [0, 0, 0, 0, 0, 0, 0, 0], 10_000, null), { deltas: null, noDelta: 'reset' });
});

t.test('more than the line carries is no traffic', async (t) => {
  const jumped = [quiet[0] ?? 0, 1_000, 0, 0, 2e15, 2_000, 0, 0];
  t.same(deltasOf(quiet, jumped, 10_000, GIGABIT), { deltas: null, noDelta: 'impossible' });
});

t.test('counters beyond 2^53 stay exact', async (t) => {
  const before = [18_446_744_073_709_551_000n, 1, 0, 0, 0, 0, 0, 0];
  const now = [18_446_744_073_709_551_615n, 2, 0, 0, 0, 0, 0, 0];
  t.same(deltasOf(before, now, 10_000, null), { deltas: [615, 1, 0, 0, 0, 0, 0, 0] });
  t.same(exact([2n ** 53n + 7n]), [7]);
  const sum = [Number.MAX_SAFE_INTEGER];
  addTo(sum, [3]);
  t.same(sum, [2]);
});

t.test('whatever the counters do, no rate is negative or more than four times what the line carries', async () => {
  const any = fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(0, TOP_32 - 1, TOP_32, 2n ** 63n));
  const row = fc.array(any, { minLength: 8, maxLength: 8 });
  const speed = fc.option(fc.constantFrom(1e7, 1e8, GIGABIT, 1e11));
  const script = fc.tuple(fc.array(row, { minLength: 2, maxLength: 5 }), fc.integer({ min: 1, max: 100_000 }), speed);
  fc.assert(
    fc.property(script, ([rows, ms, speedBps]) => {
      for (const [index, now] of rows.entries()) {
        const before = rows[index - 1];
        const { deltas } = deltasOf(before, now, ms, speedBps);
        if (deltas === null) continue;
        const mostBytes = Math.ceil((Math.max(1e9, 4 * (speedBps ?? 4e11)) / 8) * ((ms + 15_000) / 1_000));
        for (const delta of deltas) if (!(Number.isInteger(delta) && delta >= 0)) return false;
        if ((deltas[0] ?? 0) > mostBytes || (deltas[4] ?? 0) > mostBytes) return false;
      }
      return true;
    }),
    { numRuns: 20_000, seed: 9 },
  );
});
