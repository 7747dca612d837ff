import type { Evidence } from './evidence.ts';
import { delayLikelihood, explainedLoss, faultyLoss, logSum, usualLoss } from './likelihood.ts';

/** What a cause does in each round of the window: the share of packets it takes and the RTT it adds. Zero where it is not in force. */
export interface Profile {
  readonly loss: Float64Array;
  readonly liftUs: Float64Array;
}

/** What the evidence says once the causes found so far are taken as given: one cell for each pair and round. */
export interface Residual {
  readonly evidence: Evidence;
  readonly usual: Float64Array;
  readonly burst: Float64Array;
  readonly excessUs: Float64Array;
  readonly noiseUs: Float64Array;
  /** Cells whose loss, and whose delay, a cause has taken for its own: they cannot speak against another one. */
  readonly lossTaken: Uint8Array;
  readonly delayTaken: Uint8Array;
  /** log-likelihood of each cell as it stands. */
  readonly asUsualLoss: Float64Array;
  readonly asUsualDelay: Float64Array;
}

/** Nothing explained yet. */
export const nothingExplained = (evidence: Evidence): Residual => {
  const cells = evidence.pairs * evidence.rounds;
  const usual = new Float64Array(cells);
  const burst = new Float64Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    const pair = Math.floor(cell / evidence.rounds);
    usual[cell] = evidence.usualLoss[pair] ?? 0;
    burst[cell] = evidence.burstLoss[pair] ?? 0;
  }
  const residual = {
    evidence,
    usual,
    burst,
    excessUs: Float64Array.from(evidence.excessUs),
    noiseUs: Float64Array.from(evidence.noiseUs),
    lossTaken: new Uint8Array(cells),
    delayTaken: new Uint8Array(cells),
    asUsualLoss: new Float64Array(cells),
    asUsualDelay: new Float64Array(cells),
  };
  for (let cell = 0; cell < cells; cell++) weigh(residual, cell);
  return residual;
};

/** Writes down how likely a cell is as things stand. */
const weigh = (residual: Residual, cell: number): void => {
  const { evidence, usual, burst, excessUs, noiseUs } = residual;
  const sent = evidence.sent[cell] ?? 0;
  if (sent === 0) return;
  const lost = evidence.lost[cell] ?? 0;
  residual.asUsualLoss[cell] =
    residual.lossTaken[cell] === 1
      ? explainedLoss(sent, lost, usual[cell] ?? 0)
      : usualLoss(sent, lost, usual[cell] ?? 0, burst[cell] ?? 0);
  const excess = excessUs[cell] ?? Number.NaN;
  const noise = noiseUs[cell] ?? 1;
  if (!Number.isNaN(excess)) residual.asUsualDelay[cell] = delayLikelihood(excess, noise, noise);
};

/** How often the packets of a pair pass an element: on the way out, on the way back, or both. */
export const TIMES = [1, 2, 0.5] as const;
const LOG_TIMES = [Math.log(0.7), Math.log(0.22), Math.log(0.08)] as const;
/** Who passes it on the way back only passes it once. */
const LOG_STRAY_TIMES = [Math.log(0.88), -Infinity, Math.log(0.12)] as const;

/** Takes a cause as given for each pair, as far as the pair is believed to be hit by it; at the strength that fits the pair best. */
export const explain = (residual: Residual, profile: Profile, hit: Float64Array): Residual => {
  const { evidence } = residual;
  const next: Residual = {
    evidence,
    usual: Float64Array.from(residual.usual),
    burst: Float64Array.from(residual.burst),
    excessUs: Float64Array.from(residual.excessUs),
    noiseUs: Float64Array.from(residual.noiseUs),
    lossTaken: Uint8Array.from(residual.lossTaken),
    delayTaken: Uint8Array.from(residual.delayTaken),
    asUsualLoss: Float64Array.from(residual.asUsualLoss),
    asUsualDelay: Float64Array.from(residual.asUsualDelay),
  };
  for (let pair = 0; pair < evidence.pairs; pair++) {
    const belief = hit[pair] ?? 0;
    if (belief < 0.3) continue;
    const times = TIMES.toSorted((a, b) => gainOf(residual, profile, pair, b) - gainOf(residual, profile, pair, a))[0] ?? 1;
    for (let round = 0; round < evidence.rounds; round++) {
      const cell = pair * evidence.rounds + round;
      const loss = 1 - (1 - (profile.loss[round] ?? 0) * belief) ** times;
      const liftUs = (profile.liftUs[round] ?? 0) * times;
      if (loss === 0 && liftUs === 0) continue;
      const usual = 1 - (1 - (next.usual[cell] ?? 0)) * (1 - loss);
      next.usual[cell] = usual;
      // What a known cause does differs from round to round: the noise leaves room for it.
      next.excessUs[cell] = (next.excessUs[cell] ?? Number.NaN) - liftUs * belief;
      next.noiseUs[cell] = Math.hypot(next.noiseUs[cell] ?? 0, 0.3 * liftUs);
      if (loss > 0) next.lossTaken[cell] = 1;
      if (liftUs > 0) next.delayTaken[cell] = 1;
      weigh(next, cell);
    }
  }
  return next;
};

/** How much better a profile explains one cell than what is explained already, in nats. */
export const cellGain = (residual: Residual, cell: number, loss: number, liftUs: number): number => {
  if ((residual.evidence.sent[cell] ?? 0) === 0) return 0;
  const lossPart = loss === 0 ? 0 : lossGain(residual, cell, loss);
  const delayPart = liftUs === 0 ? 0 : delayGain(residual, cell, liftUs);
  return lossPart + delayPart;
};

/** A cell that another cause explains says little of a second one, and less against it than for it. */
const muted = (gain: number): number => (gain > 0 ? 0.3 * gain : 0.15 * gain);

const lossGain = (residual: Residual, cell: number, loss: number): number => {
  const { sent, lost } = residual.evidence;
  const gain = faultyLoss(sent[cell] ?? 0, lost[cell] ?? 0, residual.usual[cell] ?? 0, loss) - (residual.asUsualLoss[cell] ?? 0);
  return residual.lossTaken[cell] === 1 ? muted(gain) : gain;
};

const delayGain = (residual: Residual, cell: number, liftUs: number): number => {
  const excess = residual.excessUs[cell] ?? Number.NaN;
  if (Number.isNaN(excess)) return 0;
  const noise = residual.noiseUs[cell] ?? 1;
  const lifted = delayLikelihood(excess - liftUs, Math.hypot(noise, 0.12 * liftUs), noise);
  const gain = DELAY_TRUST * (lifted - (residual.asUsualDelay[cell] ?? 0));
  return residual.delayTaken[cell] === 1 ? muted(gain) : gain;
};

/** Medians of neighbouring rounds are not independent: half of what they say counts. */
export const DELAY_TRUST = 0.5;

const gainOf = (residual: Residual, { loss, liftUs }: Profile, pair: number, times: number): number => {
  const { rounds } = residual.evidence;
  let sum = 0;
  let above = 0;
  let most = 0;
  let second = 0;
  for (let round = 0; round < rounds; round++) {
    const share = loss[round] ?? 0;
    const lift = liftUs[round] ?? 0;
    if (share === 0 && lift === 0) continue;
    const gain = cellGain(
      residual,
      pair * rounds + round,
      times === 1 || share === 0 ? share : Math.min(0.995, 1 - (1 - share) ** times),
      lift * times,
    );
    sum += gain;
    if (gain <= 0) continue;
    above += gain;
    if (gain > most) [most, second] = [gain, most];
    else if (gain > second) second = gain;
  }
  // A blip of one or two rounds is no incident, however total: they count as far as the other rounds agree.
  const two = most + second;
  return sum - Math.max(0, two - Math.max(TWO_ROUNDS, 1.5 * (above - two)));
};

const TWO_ROUNDS = 4;

/** How much better a profile explains each pair over the window, in nats: one that passes the element, and one that meets it on its way back only. */
export interface PairGains {
  readonly passing: Float64Array;
  readonly returning: Float64Array;
}

/** Works out the gains of some pairs; 0 for all others. */
export const pairGains = (residual: Residual, profile: Profile, of: Iterable<number>): PairGains => {
  const passing = new Float64Array(residual.evidence.pairs);
  const returning = new Float64Array(residual.evidence.pairs);
  for (const pair of of) {
    const once = gainOf(residual, profile, pair, 1);
    passing[pair] = once;
    returning[pair] = once;
    // Only what is hit at all can be hit twice.
    if (once < 2) continue;
    const each = TIMES.map((times) => (times === 1 ? once : gainOf(residual, profile, pair, times)));
    const mix = (logs: readonly number[]): number => each.reduce((sum, gain, i) => logSum(sum, gain + (logs[i] ?? 0)), -Infinity);
    passing[pair] = mix(LOG_TIMES);
    returning[pair] = mix(LOG_STRAY_TIMES);
  }
  return { passing, returning };
};
