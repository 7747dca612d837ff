import fc from 'fast-check';
import t from 'tap';
import { type CounterReading, stepsOf } from '../../../../agent/stats/counter.ts';

const wide = (value: bigint): CounterReading => ({ value, bits: 64 });
const narrow = (value: number): CounterReading => ({ value: BigInt(value), bits: 32 });
const readings = (values: Record<string, CounterReading>): Map<string, CounterReading> => new Map(Object.entries(values));
const steps = (before: Record<string, CounterReading>, now: Record<string, CounterReading>, most = 1e9) =>
  stepsOf(readings(before), readings(now), () => most);
const counted = (deltas: Record<string, number>) => ({ kind: 'counted', deltas: new Map(Object.entries(deltas)) });

t.test('counter: what went on is counted, exactly, also above 2^53', async (t) => {
  t.same(steps({ a: wide(100n) }, { a: wide(350n) }), counted({ a: 250 }));
  const high = 2n ** 63n + 7n;
  t.same(steps({ a: wide(high) }, { a: wide(high + 3n) }), counted({ a: 3 }));
  t.same(steps({ a: narrow(5) }, { a: narrow(5) }), counted({ a: 0 }));
});

t.test('counter: a wrap of 32 bits beside counters that went on is a wrap', async (t) => {
  const before = { octets: narrow(4_294_967_000), packets: narrow(1_000) };
  t.same(steps(before, { octets: narrow(704), packets: narrow(1_010) }), counted({ octets: 1_000, packets: 10 }));
});

t.test('counter: a wrap of 64 bits', async (t) => {
  const before = { octets: wide(2n ** 64n - 10n), packets: wide(1_000n) };
  t.same(steps(before, { octets: wide(5n), packets: wide(1_001n) }), counted({ octets: 15, packets: 1 }));
});

t.test('counter: all went back: a reset, whether or not a wrap were possible', async (t) => {
  const before = { octets: narrow(4_294_967_000), packets: narrow(4_000_000_000) };
  t.same(steps(before, { octets: narrow(704), packets: narrow(10) }), { kind: 'none', why: 'reset' });
  t.same(steps({ octets: wide(10n ** 15n) }, { octets: wide(5n) }), { kind: 'none', why: 'reset' });
});

t.test('counter: in and out wrap together on a fast port: one that is too high to be fresh proves it', async (t) => {
  const before = { in: narrow(4_294_000_000), out: narrow(4_290_000_000), packets: narrow(3_000_000_000) };
  const now = { in: narrow(1_000_000), out: narrow(2_000_000), packets: narrow(3_000_100_000) };
  t.match(steps(before, now, 1e8), { kind: 'counted' });
});

t.test('counter: a lone counter wraps only when the way over the top is short', async (t) => {
  t.same(steps({ a: narrow(4_294_967_290) }, { a: narrow(4) }), counted({ a: 10 }));
  t.same(steps({ a: narrow(2_000_000_000) }, { a: narrow(4) }, 1e10), { kind: 'none', why: 'reset' });
});

t.test('counter: more than the port can carry is impossible, not a rate', async (t) => {
  t.same(steps({ a: wide(0n) }, { a: wide(10n ** 12n) }, 1e6), { kind: 'none', why: 'impossible' });
});

t.test('counter: one that came, went or changed its width says nothing', async (t) => {
  t.same(steps({ a: narrow(1), gone: narrow(2) }, { a: narrow(3), new: narrow(4) }), counted({ a: 2 }));
  t.same(steps({ a: narrow(1) }, { a: wide(3n) }), counted({}));
});

t.test('counter: never negative, never more than the port can carry, whatever comes', async () => {
  const reading = fc.tuple(fc.constantFrom(32 as const, 64 as const), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }));
  const port = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), reading);
  const fit = ([bits, value]: readonly [32 | 64, bigint]): CounterReading => ({ bits, value: bits === 32 ? value % 2n ** 32n : value });
  const all = (values: Record<string, readonly [32 | 64, bigint]>) =>
    new Map(Object.entries(values).map(([name, one]) => [name, fit(one)]));
  fc.assert(
    fc.property(port, port, fc.integer({ min: 0, max: 2 ** 50 }), (before, now, most) => {
      const result = stepsOf(all(before), all(now), () => most);
      return result.kind === 'none' || [...result.deltas.values()].every((delta) => delta >= 0 && delta <= most);
    }),
    { numRuns: 20_000 },
  );
});
