import type { Batch } from '../../protocol/batch.ts';

/** One batch as consumers read it: only the rounds that were new and good. Positions rise by one an arrival and are never used twice. */
export interface Arrival {
  readonly position: number;
  /** When the controller took it in, in the controller's time, whole ms. */
  readonly arrivedAt: number;
  readonly agent: string;
  /** `rounds` may be empty: then the batch only says up to where its agent is complete. */
  readonly batch: Batch;
}
