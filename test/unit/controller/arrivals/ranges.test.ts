import fc from 'fast-check';
import t from 'tap';
import { addSequences, emptySet, hasSequence, type RangeSet, raiseFloor, toRanges } from '../../../../controller/arrivals/ranges.ts';

t.test('ranges: what closes the gap above the floor raises the floor', async (t) => {
  const gapped = addSequences(emptySet, [5, 2, 3]);
  t.same(gapped, {
    floor: 1,
    ranges: [
      [2, 3],
      [5, 5],
    ],
  });
  t.same(addSequences(gapped, [1]), { floor: 4, ranges: [[5, 5]] });
  t.same(addSequences(gapped, [1, 4]), { floor: 6, ranges: [] });
});

t.test('ranges: a floor swallows what lies below it, cuts a range in two, and never goes down', async (t) => {
  const set = addSequences(emptySet, [3, 4, 5, 9]);
  t.same(raiseFloor(set, 4), { floor: 6, ranges: [[9, 9]] });
  t.same(raiseFloor(set, 6), { floor: 6, ranges: [[9, 9]] });
  t.same(raiseFloor(set, 9), { floor: 10, ranges: [] });
  t.equal(raiseFloor(raiseFloor(set, 7), 2).floor, 7);
});

const step = fc.oneof(
  fc.record({ add: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 12 }) }),
  fc.record({ floor: fc.integer({ min: 1, max: 60 }) }),
);
const isNormal = ({ floor, ranges }: RangeSet): boolean =>
  ranges.every(([first, last], i) => first <= last && first > (i === 0 ? floor : (ranges[i - 1]?.[1] ?? 0) + 1));

t.test('ranges: a set of ranges is the plain set that it stands for, whatever comes in whatever order', async (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let set = emptySet;
      const plain = new Set<number>();
      for (const one of steps) {
        if ('add' in one) {
          set = addSequences(set, one.add);
          for (const seq of one.add) plain.add(seq);
        } else {
          set = raiseFloor(set, one.floor);
          for (let seq = 1; seq < one.floor; seq += 1) plain.add(seq);
        }
      }
      const agrees = Array.from({ length: 70 }, (_, seq) => seq + 1).every((seq) => hasSequence(set, seq) === plain.has(seq));
      return agrees && isNormal(set);
    }),
  );
  t.pass();
});

t.test('ranges: sequences become the fewest ranges, and no sequence is lost or added', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (sequences) => {
      const ranges = toRanges(sequences);
      const spread = ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
      return JSON.stringify(spread) === JSON.stringify([...new Set(sequences)].sort((a, b) => a - b)) && isNormal({ floor: 0, ranges });
    }),
  );
  t.same(toRanges([]), []);
});
