import t from 'tap';
import { quantile, timeTicks, valueAxis } from '../../../../../controller/web/charts/scale.ts';

t.test('an axis ends at a round number that holds the top', async (t) => {
  for (const [top, max, step] of [
    [38, 40, 10],
    [41, 60, 20],
    [0.043, 0.06, 0.02],
    [8.6, 10, 2.5],
    [100, 100, 25],
    [1234, 1500, 500],
  ] as const) {
    const axis = valueAxis(top);
    t.ok(
      Math.abs(axis.max - max) < 1e-9 && Math.abs(axis.step - step) < 1e-9,
      `${top} → ${max} by ${step}, was ${axis.max} by ${axis.step}`,
    );
  }
});

t.test('a quantile is a value that occurs', async (t) => {
  t.equal(quantile([5, 1, 3], 0.5), 3);
  t.equal(quantile([5, 1, 3], 1), 5);
  t.equal(quantile([], 0.5), 0);
});

t.test('ticks stand at round times of the zone', async (t) => {
  const hour = 3_600_000;
  t.same(
    timeTicks(10 * 60_000, 4 * hour, 4, 0).ticks.map((at) => at / hour),
    [1, 2, 3, 4],
  );
  t.same(
    timeTicks(0, 48 * hour, 3, 2 * hour).ticks.map((at) => at / hour),
    [22, 46],
    'midnight in a zone two hours ahead of UTC',
  );
});
