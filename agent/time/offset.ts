import { SLEW_MAX_PPM } from '../../protocol/clock-exchange.ts';

/** Crystals of hosts run off by up to about 50 ppm, and the controller may be slewing its time meanwhile; it widens every bound with age. */
export const DRIFT = (50 + SLEW_MAX_PPM) / 1e6;
const WINDOW = 8;
/** A reply that took longer says nothing useful. */
const DELAY_MAX_MS = 30_000;

/** One exchange of four timestamps: what to add to steady time for the controller's, and how long the way took. */
export interface OffsetSample {
  readonly steadyMs: number;
  readonly offsetMs: number;
  readonly delayMs: number;
}

/** RFC 5905, section 8, with T1 and T4 in steady time. null when the stamps contradict each other. */
export const offsetSample = (t1: number, t2: number, t3: number, t4: number): OffsetSample | null => {
  const delayMs = t4 - t1 - (t3 - t2);
  if (!(delayMs >= 0 && delayMs <= DELAY_MAX_MS) || t3 < t2) return null;
  return { steadyMs: t4, offsetMs: (t2 - t1 + (t3 - t4)) / 2, delayMs };
};

/** The last eight samples with a new one. */
export const withSample = (samples: readonly OffsetSample[], sample: OffsetSample): readonly OffsetSample[] =>
  [...samples, sample].slice(-WINDOW);

export const boundOf = (sample: OffsetSample, steadyNowMs: number): number =>
  sample.delayMs / 2 + DRIFT * Math.max(0, steadyNowMs - sample.steadyMs);

/** Minimum-delay filter: the sample whose bound is the smallest now. Half of the delay covers every asymmetry of the path. */
export const bestOf = (samples: readonly OffsetSample[], steadyNowMs: number): OffsetSample | null => {
  let best: OffsetSample | null = null;
  for (const sample of samples) if (best === null || boundOf(sample, steadyNowMs) <= boundOf(best, steadyNowMs)) best = sample;
  return best;
};
