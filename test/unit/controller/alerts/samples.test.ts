import t from 'tap';
import {
  addSample,
  aggregate,
  countWhere,
  noSamples,
  quantileOf,
  referenceBefore,
  type Samples,
} from '../../../../controller/alerts/samples.ts';

const MINUTE = 60_000;
const KEEP = { ms: 10 * MINUTE, count: 3 };

const filled = (values: readonly number[], { packets = 10, bound = 0, keep = { ms: 1e9, count: 1 } } = {}): Samples => {
  const samples = noSamples();
  values.forEach((value, index) => addSample(samples, { end: (index + 1) * MINUTE, value, bound, packets }, keep));
  return samples;
};

t.test('samples: what is delivered again, or came too late, changes nothing', async (t) => {
  const samples = filled([1, 2, 3]);
  addSample(samples, { end: 3 * MINUTE, value: 99, bound: 0, packets: 1 }, KEEP);
  addSample(samples, { end: 2 * MINUTE, value: 99, bound: 0, packets: 1 }, KEEP);
  t.same(samples.values, [1, 2, 3]);
});

t.test('samples: what neither the time nor the count needs is forgotten', async (t) => {
  t.same(filled([1, 2, 3, 4, 5], { keep: { ms: 2 * MINUTE, count: 1 } }).values, [4, 5]);
  t.same(filled([1, 2, 3, 4, 5], { keep: { ms: MINUTE, count: 4 } }).values, [2, 3, 4, 5]);
});

t.test('samples: a window holds what ended after its beginning', async (t) => {
  const samples = filled([1, 2, 3, 10]);
  const over = (how: Parameters<typeof aggregate>[1]): number => aggregate(samples, how, MINUTE, false).value;
  t.same([over('mean'), over('median'), over('min'), over('max'), over('sum')], [5, 3, 2, 10, 15]);
  t.equal(aggregate(samples, 'mean', 4 * MINUTE, false).value, 0);
});

t.test('samples: the mean loss counts packets, not rounds', async (t) => {
  const samples = noSamples();
  addSample(samples, { end: 1, value: 1, bound: 0, packets: 1 }, KEEP);
  addSample(samples, { end: 2, value: 0, bound: 0, packets: 99 }, KEEP);
  t.equal(aggregate(samples, 'mean', 0, true).value, 0.01);
});

t.test('samples: a loss is sure only as far as so many packets can say', async (t) => {
  const few = aggregate(filled([0.04], { packets: 50 }), 'mean', 0, true);
  const many = aggregate(filled([0.04], { packets: 50_000 }), 'mean', 0, true);
  // Wilson's lower end, one-sided 95 %, for 2 of 50: 0.0131.
  t.ok(Math.abs(few.value - few.bound - 0.0131) < 0.0005, String(few.value - few.bound));
  t.ok(many.bound < 0.002);
  t.same(aggregate(filled([0], { packets: 0 }), 'mean', 0, true), { value: 0, bound: 0 });
});

t.test('samples: bad ones are counted among the newest', async (t) => {
  const samples = filled([9, 9, 1, 9, 1]);
  const isBad = (value: number): boolean => value > 5;
  t.same(
    [1, 2, 3, 5, 50].map((of) => countWhere(samples, of, isBad)),
    [0, 1, 1, 3, 3],
  );
});

t.test('samples: a change is measured against the median of the time before, once enough of it is known', async (t) => {
  const samples = filled([10, 12, 11, 90, 11, 50], { bound: 2 });
  const end = 6 * MINUTE;
  t.same(referenceBefore(samples, end, 5 * MINUTE, 0), { value: 11, bound: 2 });
  t.same(referenceBefore(samples, end, 60 * MINUTE, 0), null, 'only a twelfth of that time is known');
  t.same(referenceBefore(filled([10, 12, 11]), 3 * MINUTE, 5 * MINUTE, 0), null, 'two rounds are no time');
});

t.test('samples: quantiles by nearest rank', async (t) => {
  t.same(
    [0, 0.5, 0.95, 1].map((q) => quantileOf([30, 10, 20, 40], q)),
    [10, 20, 40, 40],
  );
  t.ok(Number.isNaN(quantileOf([], 0.5)));
});
