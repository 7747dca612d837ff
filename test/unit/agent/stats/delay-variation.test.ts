import * as fc from 'fast-check';
import t from 'tap';
import { delayVariation, ipdv, jitterRfc3550, pdv } from '../../../../agent/stats/delay-variation.ts';

const rtts = fc.array(fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: null }), { maxLength: 50 });

t.test('ipdv: neighbours in the order of sending, with their sign', async (t) => t.same(ipdv([10, 12, 11]), [2, -1]));

t.test('ipdv: a lost packet breaks both of its pairs', async (t) => {
  t.same(ipdv([10, null, 11, 14]), [3]);
  t.same(ipdv([10, null, 11]), []);
});

t.test('pdv: the difference to the fastest packet, never negative', async (t) => {
  t.same(pdv([12, 10, 15]), [2, 0, 5]);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1 }), (received) => pdv(received).every((value) => value >= 0)),
  );
});

t.test('jitter: the formula of RFC 3550, step by step', async (t) => {
  t.equal(jitterRfc3550([10]), 0);
  t.equal(jitterRfc3550([10, 26]), 1);
  t.equal(jitterRfc3550([10, 26, 10]), 1 + 15 / 16);
});

t.test('jitter: a constant delay has none', async (t) => t.equal(jitterRfc3550([20, 20, 20, 20]), 0));

t.test('fewer than two received packets have no variation', async (t) => {
  t.equal(delayVariation([]), null);
  t.equal(delayVariation([null, 5, null]), null);
});

t.test('two received packets that are no neighbours have pdv and jitter, but no ipdv', async (t) =>
  t.same(delayVariation([10, null, 26]), { ipdvMeanAbsMs: null, ipdvP95AbsMs: null, pdvP95Ms: 16, pdvMaxMs: 16, jitterRfc3550Ms: 1 }),
);

t.test('a constant shift of every delay changes no variation', async () => {
  fc.assert(
    fc.property(rtts, fc.integer({ min: 0, max: 1_000 }), (delays, shift) => {
      const shifted = delays.map((delay) => (delay === null ? null : delay + shift));
      return JSON.stringify(delayVariation(delays)) === JSON.stringify(delayVariation(shifted));
    }),
  );
});
