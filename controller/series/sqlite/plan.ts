// From which tier which part of a range is read. Pure.
import { TIER_MS, TIERS } from '../store.ts';

/** from ≤ at < to of the tier with this number in TIERS. */
export interface Segment {
  readonly tier: number;
  readonly from: number;
  readonly to: number;
}

export interface Range {
  readonly from: number;
  readonly to: number;
  /** 0: points as they were written. */
  readonly bucketMs: number;
}

export const HOUR_MS = 3_600_000;
/** TIERS[0], points as they were written. */
export const RAW = 0;

/**
 * Segments in the order of time. `floors[t]`: tier t holds nothing before it. A bucket that is a whole number of windows is made of the
 * largest such windows; its ragged ends are made of points. What is not kept as points any more comes from the finest tier that has it,
 * each window counted to the bucket that it begins in.
 */
export const planRange = ({ from, to, bucketMs }: Range, floors: readonly number[]): Segment[] => {
  if (bucketMs === 0) return clip([{ tier: RAW, from: Math.max(from, floors[RAW] ?? 0), to }]);
  const best = bestTier(bucketMs);
  const segments: Segment[] = [];
  let end = to;
  for (const finest of TIERS.keys()) {
    // A window that begins before the floor is whole in the coarser tier only.
    const start = Math.max(from, Math.ceil((floors[finest] ?? 0) / HOUR_MS) * HOUR_MS);
    if (start >= end) continue;
    segments.unshift(...splitTier({ tier: finest, from: start, to: end }, Math.max(best, finest)));
    end = start;
  }
  return clip(segments);
};

/** That of the largest windows of which a bucket is a whole number; -1: of none. */
export const bestTier = (bucketMs: number): number => TIERS.findLastIndex((tier) => TIER_MS[tier] > 0 && bucketMs % TIER_MS[tier] === 0);

/** Whole windows of the better tier in the middle, the ragged ends from the finest. */
const splitTier = ({ tier, from, to }: Segment, better: number): Segment[] => {
  const width = windowOf(better);
  if (better === tier || width === 0) return [{ tier, from, to }];
  const first = Math.ceil(from / width) * width;
  const last = Math.floor(to / width) * width;
  if (last <= first) return [{ tier, from, to }];
  return clip([
    { tier, from, to: first },
    { tier: better, from: first, to: last },
    { tier, from: last, to },
  ]);
};

/** Hours that are not rolled up yet, or not any more, are made of points while there are any. `hours` in order. */
export const withoutWaiting = (segments: readonly Segment[], hours: readonly number[], rawFloor: number): Segment[] =>
  segments.flatMap((segment) => {
    if (segment.tier === RAW) return [segment];
    const parts: Segment[] = [];
    let { from } = segment;
    for (const hour of hours) {
      const start = Math.max(from, hour * HOUR_MS);
      const end = Math.min(segment.to, (hour + 1) * HOUR_MS);
      if (start >= end || start < rawFloor) continue;
      parts.push({ ...segment, from, to: start }, { tier: RAW, from: start, to: end });
      from = end;
    }
    return clip([...parts, { ...segment, from }]);
  });

const windowOf = (tier: number): number => TIER_MS[TIERS[tier] ?? 'raw'];
const clip = (segments: readonly Segment[]): Segment[] => segments.filter(({ from, to }) => from < to);
