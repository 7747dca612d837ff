import type { Element } from './elements.ts';
import { type Residual, cellGain } from './residual.ts';

/** Rounds from `from` up to, not including, `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A first guess: where, when and how strong. */
export interface Guess {
  readonly element: Element;
  readonly span: Span;
  readonly loss: number;
  readonly liftUs: number;
  readonly value: number;
}

const STRENGTHS = [
  ...[0.012, 0.03, 0.08, 0.2, 0.5, 0.98].map((loss) => ({ loss, liftUs: 0 })),
  ...[2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000].map((liftUs) => ({ loss: 0, liftUs })),
] as const;

/** For each strength the gain of every cell, clipped: a clean pair may have another way than its trace says. */
export interface GainGrid {
  readonly gains: readonly Float64Array[];
  /** For each strength and pair the most that any span can gain: what cannot reach a bound is not looked at. */
  readonly most: readonly Float64Array[];
}

const CLEAN = -0.6;
const CLEAR = 5;

/** The grid of a residual; where `before` is given, only pairs whose cells differ from it are worked out anew. */
export const gainGrid = (residual: Residual, before?: { readonly grid: GainGrid; readonly residual: Residual }): GainGrid => {
  const { pairs, rounds } = residual.evidence;
  const copy = (row: Float64Array | undefined, size: number): Float64Array =>
    row === undefined ? new Float64Array(size) : Float64Array.from(row);
  const gains = STRENGTHS.map((_, i) => copy(before?.grid.gains[i], pairs * rounds));
  const most = STRENGTHS.map((_, i) => copy(before?.grid.most[i], pairs));
  for (let pair = 0; pair < pairs; pair++) {
    if (residual.evidence.alive[pair] === 0 || (before !== undefined && !differs(residual, before.residual, pair))) continue;
    STRENGTHS.forEach(({ loss, liftUs }, i) =>
      fillPair(residual, pair, loss, liftUs, gains[i] ?? new Float64Array(), most[i] ?? new Float64Array()),
    );
  }
  return { gains, most };
};

const fillPair = (residual: Residual, pair: number, loss: number, liftUs: number, gains: Float64Array, most: Float64Array): void => {
  const { rounds, sent, lost } = residual.evidence;
  const { usual, burst } = residual;
  let best = 0;
  let running = 0;
  // Most rounds of a pair are alike: the same packets, none lost.
  let like = -1;
  let gain = 0;
  for (let round = 0; round < rounds; round++) {
    const cell = pair * rounds + round;
    const alike =
      liftUs === 0 &&
      like >= 0 &&
      sent[cell] === sent[like] &&
      lost[cell] === lost[like] &&
      usual[cell] === usual[like] &&
      burst[cell] === burst[like];
    if (!alike) gain = Math.max(CLEAN, Math.min(CLEAR, cellGain(residual, cell, loss, liftUs)));
    like = cell;
    gains[cell] = gain;
    running = Math.max(0, running + gain);
    best = Math.max(best, running);
  }
  most[pair] = best;
};

const differs = (a: Residual, b: Residual, pair: number): boolean => {
  const { rounds } = a.evidence;
  for (let cell = pair * rounds; cell < (pair + 1) * rounds; cell++)
    if (a.usual[cell] !== b.usual[cell] || a.noiseUs[cell] !== b.noiseUs[cell]) return true;
  return false;
};

const ROUND_AT_MOST = 12;
const ROUND_AT_LEAST = -3;

/** The span of rounds with the largest sum; single rounds are capped, so that two of them are no incident. */
export const bestSpan = (values: ArrayLike<number>, rounds: number): { readonly span: Span; readonly value: number } => {
  let best = { span: { from: 0, to: 0 }, value: 0 };
  let from = 0;
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    if (sum <= 0) {
      sum = 0;
      from = round;
    }
    sum += Math.max(ROUND_AT_LEAST, Math.min(ROUND_AT_MOST, values[round] ?? 0));
    if (sum > best.value) best = { span: { from, to: round + 1 }, value: sum };
  }
  return best;
};

/** The best guess for each element that can be worth at least `least`, best first; of elements with the same members only the first. */
export const screen = (residual: Residual, elements: readonly Element[], grid: GainGrid, least: number): Guess[] => {
  const { rounds } = residual.evidence;
  const sums = new Float64Array(rounds);
  const guesses: Guess[] = [];
  const looked = new Set<string>();
  for (const element of elements) {
    const { pairs, weights, name } = element.members;
    if (looked.has(name)) continue;
    looked.add(name);
    let best: Guess | undefined;
    for (let strength = 0; strength < STRENGTHS.length; strength++) {
      const most = grid.most[strength] ?? sums;
      let bound = 0;
      for (let i = 0; i < pairs.length; i++) bound += (weights[i] ?? 0) * (most[pairs[i] ?? 0] ?? 0);
      if (bound < Math.max(least, best?.value ?? 0)) continue;
      sumUp(sums, grid.gains[strength] ?? sums, pairs, weights);
      const { span, value } = bestSpan(sums, rounds);
      if (value >= Math.max(least, best?.value ?? 0)) best = { element, span, value, ...(STRENGTHS[strength] ?? { loss: 0, liftUs: 0 }) };
    }
    if (best !== undefined) guesses.push(best);
  }
  return guesses.toSorted((a, b) => b.value - a.value);
};

const sumUp = (sums: Float64Array, gains: Float64Array, pairs: Int32Array, weights: Float64Array): void => {
  const rounds = sums.length;
  sums.fill(0);
  for (let i = 0; i < pairs.length; i++) {
    const from = (pairs[i] ?? 0) * rounds;
    const weight = weights[i] ?? 0;
    for (let round = 0; round < rounds; round++) sums[round] = (sums[round] ?? 0) + weight * (gains[from + round] ?? 0);
  }
};
