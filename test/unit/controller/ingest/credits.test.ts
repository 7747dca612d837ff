import fc from 'fast-check';
import t from 'tap';
import { openCredits, shareOf } from '../../../../controller/ingest/credits.ts';

t.test('credits: those who have a backlog share the rate; who is through gives his share back', async (t) => {
  const credits = openCredits(5_000);
  for (let i = 0; i < 10; i += 1) credits.heard(`a${i}`, 1_000);
  t.equal(credits.grant(2_500, 0), 500);
  credits.heard('a0', 60_000);
  t.equal(credits.grant(60_000, 0), 2_000, 'no more than one agent can use');
});

t.test('credits: a log that fills up slows the backlog and then stops it', async (t) => {
  t.equal(shareOf(1_000, 1, 0.5), 1_000);
  t.equal(shareOf(1_000, 1, 0.7), 500);
  t.equal(shareOf(1_000, 1, 0.9), 0);
  t.equal(shareOf(10, 10_000, 0.1), 1, 'slow, but not stuck');
});

t.test('credits: all grants together stay within the rate, as long as each gets at least one', async (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.integer({ min: 5_000, max: 20_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (agents, rate, fill) => agents * shareOf(rate, agents, fill) <= Math.max(rate, agents),
    ),
  );
  t.pass();
});
