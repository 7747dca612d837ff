import type { SequenceRange } from '../../protocol/acknowledgement.ts';

/**
 * Which sequences of one (agent, epoch) are settled. Everything below `floor` is: taken in, or never to be sent again. Above it exactly
 * the ranges are: closed, disjoint, not touching, upwards, none at the floor itself. So the set stays as small as the gaps in it.
 */
export interface RangeSet {
  readonly floor: number;
  readonly ranges: readonly SequenceRange[];
}

export const emptySet: RangeSet = { floor: 1, ranges: [] };

export const hasSequence = (set: RangeSet, seq: number): boolean => {
  if (seq < set.floor) return true;
  let low = 0;
  let high = set.ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = set.ranges[middle] ?? [0, 0];
    if (seq < first) high = middle - 1;
    else if (seq > last) low = middle + 1;
    else return true;
  }
  return false;
};

/** The set with these sequences in it, in any order. */
export const addSequences = (set: RangeSet, sequences: readonly number[]): RangeSet =>
  sequences.length === 0 ? set : normal(set.floor, [...set.ranges, ...toRanges(sequences)]);

/** The set after the agent said that nothing below `floor` is still to come. A floor never goes down. */
export const raiseFloor = (set: RangeSet, floor: number): RangeSet => (floor <= set.floor ? set : normal(floor, set.ranges));

/** Sequences as the fewest closed ranges, upwards. */
export const toRanges = (sequences: readonly number[]): SequenceRange[] => {
  const ranges: SequenceRange[] = [];
  for (const seq of sequences.toSorted((a, b) => a - b)) {
    const previous = ranges.at(-1);
    if (previous === undefined || seq > previous[1] + 1) ranges.push([seq, seq]);
    else previous[1] = seq;
  }
  return ranges;
};

const normal = (floor: number, unsorted: readonly SequenceRange[]): RangeSet => {
  let raised = floor;
  const ranges: SequenceRange[] = [];
  for (const [first, last] of unsorted.toSorted((a, b) => a[0] - b[0])) {
    if (last < raised) continue;
    const previous = ranges.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else if (first <= raised) raised = last + 1;
    else ranges.push([first, last]);
  }
  return { floor: raised, ranges };
};
