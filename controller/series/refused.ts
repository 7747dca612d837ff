import type { Point } from './store.ts';

/** A point that a store can never take as it is, and why, in the store's words. */
export interface RefusedPoint {
  readonly point: Point;
  readonly reason: string;
}

/** What a write rejects with when waiting would not help: without these points the same write goes through. */
export class PointsRefused extends Error {
  readonly refused: readonly RefusedPoint[];
  /** True: the server has found out, and all others are in already. False: nothing of the write is in. */
  readonly othersStored: boolean;

  constructor(refused: readonly RefusedPoint[], othersStored: boolean) {
    const [first] = refused;
    super(`${refused.length} ${refused.length === 1 ? 'point' : 'points'} refused: ${first?.reason ?? ''}`);
    this.name = 'PointsRefused';
    this.refused = refused;
    this.othersStored = othersStored;
  }
}
