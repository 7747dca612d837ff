import type { Batch } from '../../protocol/batch.ts';

/** One batch as the arrival log gives it: only rounds that were new. Positions rise; `arrivedAt` is in the controller's time, ms. */
export interface Arrival {
  readonly position: number;
  readonly arrivedAt: number;
  readonly agent: string;
  readonly batch: Batch;
}
