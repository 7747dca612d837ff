import * as fc from 'fast-check';
import t from 'tap';
import {
  countOf,
  decodeSketch,
  emptySketch,
  encodeSketch,
  makeSketch,
  mergeSketches,
  quantileOf,
  RELATIVE_ERROR,
} from '../../../protocol/sketch.ts';

const rtt = fc.double({ min: 0.001, max: 60_000, noNaN: true });
const rtts = fc.array(rtt, { minLength: 1, maxLength: 200 });
const sketch = fc.array(rtt, { maxLength: 50 }).map(makeSketch);

const nearestRank = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(q * values.length)) - 1] ?? Number.NaN;

t.test('every quantile lies within the relative error of the nearest-rank value', async () => {
  fc.assert(
    fc.property(rtts, fc.double({ min: 0, max: 1, noNaN: true }), (values, q) => {
      const truth = nearestRank(values, q);
      const estimate = quantileOf(makeSketch(values), q) ?? Number.NaN;
      return Math.abs(estimate - truth) <= truth * RELATIVE_ERROR * (1 + 1e-9);
    }),
    { numRuns: 500 },
  );
});

t.test('merging is associative and commutative, and the empty sketch changes nothing', async (t) => {
  fc.assert(
    fc.property(sketch, sketch, sketch, (a, b, c) => {
      const left = encodeSketch(mergeSketches([mergeSketches([a, b]), c]));
      const right = encodeSketch(mergeSketches([a, mergeSketches([c, b])]));
      return left === right && encodeSketch(mergeSketches([a, emptySketch()])) === encodeSketch(a);
    }),
  );
  t.same(mergeSketches([]), emptySketch());
});

t.test('merging the sketches of parts gives the sketch of the whole', async () => {
  fc.assert(
    fc.property(
      rtts,
      rtts,
      (a, b) => encodeSketch(mergeSketches([makeSketch(a), makeSketch(b)])) === encodeSketch(makeSketch([...a, ...b])),
    ),
  );
});

t.test('encoding and decoding give the same sketch back', async (t) => {
  fc.assert(
    fc.property(sketch, (original) => {
      const decoded = decodeSketch(encodeSketch(original));
      return decoded.ok && JSON.stringify(decoded.value) === JSON.stringify(original);
    }),
  );
  const aYear = { buckets: [3, 900], counts: [1, 3e12] };
  t.same(decodeSketch(encodeSketch(aYear)), { ok: true, value: aYear }, 'counts beyond 32 bits survive');
});

t.test('an empty sketch has no quantile and no text', async (t) => {
  t.equal(quantileOf(emptySketch(), 0.5), null);
  t.equal(encodeSketch(emptySketch()), '');
  t.equal(countOf(makeSketch([1, 2, 2])), 3);
});

t.test('what lies outside 1 µs to 60 s is counted at the end', async (t) => {
  t.equal(quantileOf(makeSketch([0, 0.0001]), 1), 0.001);
  t.ok(Math.abs((quantileOf(makeSketch([1e9]), 1) ?? 0) - 60_000) < 60_000 * 2 * RELATIVE_ERROR);
});

t.test('ten values of one round take at most 60 characters', async (t) => {
  t.ok(encodeSketch(makeSketch([20, 20.5, 21, 22, 23, 25, 26, 30, 40, 100])).length <= 60);
});

t.test('a text that no sketch encodes to is refused with the reason', async (t) => {
  for (const [text, reason] of [
    ['zAAA', /unknown version "z"/],
    ['a!!!!', /not pairs of varints/],
    [`a${btoa('\x05')}`, /not pairs of varints/],
    [`a${btoa('\x05\x81')}`, /not pairs of varints/],
    [`a${btoa('\x05\x00')}`, /without a value/],
    [`a${btoa('\x05\x01\x00\x01')}`, /upwards/],
    [`a${btoa('\xff\xff\x01\x01')}`, /upwards, to \d+ at most/],
  ] as const) {
    const decoded = decodeSketch(text);
    t.match(decoded.ok ? 'accepted' : decoded.reason, reason, JSON.stringify(text));
  }
  fc.assert(fc.property(fc.string(), (text) => typeof decodeSketch(`a${text}`).ok === 'boolean'));
});
