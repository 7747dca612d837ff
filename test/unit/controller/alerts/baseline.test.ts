import t from 'tap';
import { HOUR_MS, usualAt } from '../../../../controller/alerts/baseline.ts';

const WEEK = 168;
const NOW = 500_000;
const at = NOW * HOUR_MS + 1234;
const ask = { weeks: 4, learnWeeks: 2 };
const hours = (values: Readonly<Record<number, number>>): Map<number, number> =>
  new Map(Object.entries(values).map(([hour, value]) => [NOW + Number(hour), value]));

t.test('baseline: it learns until so many weeks were measured at this hour of the week', async (t) => {
  t.same(usualAt(new Map(), at, ask), { status: 'learning', weeksSeen: 0 });
  t.same(usualAt(hours({ [-WEEK]: 10, [-WEEK + 2]: 10, [-WEEK * 2 + 2]: 10 }), at, ask), { status: 'learning', weeksSeen: 1 });
  t.match(usualAt(hours({ [-WEEK]: 10, [-WEEK * 2]: 10 }), at, ask), { status: 'learned' });
});

t.test('baseline: this hour’s own values are not what is usual at it, nor are those of another day', async (t) => {
  const quiet = { [-WEEK]: 10, [-2 * WEEK]: 10, [-3 * WEEK]: 10, [-4 * WEEK]: 10 };
  t.match(usualAt(hours({ ...quiet, 0: 999, [-1]: 999, [-24]: 999, [-5 * WEEK]: 999 }), at, ask), { stats: { median: 10 } });
});

t.test('baseline: one holiday of four weeks moves neither the median nor the spread', async (t) => {
  const learned = usualAt(hours({ [-WEEK]: 100, [-2 * WEEK]: 10, [-3 * WEEK]: 10, [-4 * WEEK]: 10 }), at, ask);
  t.match(learned, { stats: { median: 10, spread: 0.5 } });
});

t.test('baseline: the spread is the MAD on the scale of a standard deviation, with the neighbouring hours', async (t) => {
  const learned = usualAt(hours({ [-WEEK - 1]: 10, [-WEEK]: 20, [-WEEK + 1]: 30, [-2 * WEEK]: 20, [-2 * WEEK + 1]: 40 }), at, ask);
  // The median of 10 20 20 30 40 is 20, their distances from it are 10 0 0 10 20.
  t.match(learned, { status: 'learned', stats: { median: 20 } });
  t.ok(learned.status === 'learned' && Math.abs(learned.stats.spread - 14.826) < 1e-9);
});

t.test('baseline: a line that lies at nought still has a spread to compare with', async (t) => {
  const learned = usualAt(hours({ [-WEEK]: 0, [-2 * WEEK]: 0 }), at, ask);
  t.ok(learned.status === 'learned' && learned.stats.spread > 0);
});
