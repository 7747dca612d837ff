import type { VerdictCase } from './case.ts';

/**
 * What the rounds say, one cell for each pair and round (`pair * rounds + round`), after the agents' own noise was taken out: late rounds, rounds
 * without data and pairs that never answered are not usable and say nothing.
 */
export interface Evidence {
  readonly pairs: number;
  readonly rounds: number;
  /** Packets sent; 0 where the cell says nothing. */
  readonly sent: Float64Array;
  readonly lost: Float64Array;
  /** RTT beyond the pair's level, µs; NaN where nothing came back. */
  readonly excessUs: Float64Array;
  /** How far the excess wanders by itself, µs. */
  readonly noiseUs: Float64Array;
  /** The usual loss of each pair, and what one round in twenty reaches. */
  readonly usualLoss: Float64Array;
  readonly burstLoss: Float64Array;
  /** Standard deviation of each pair's medians over 14 days, µs: a rise inside it is usual. */
  readonly spreadUs: Float64Array;
  /** Whether the pair says anything at all. */
  readonly alive: Uint8Array;
}

/** Rounds at the start of a window from which a pair's level of today is read. */
const OPENING = 6;

/** Reads a case into cells. Pure. */
export const readEvidence = (given: VerdictCase): Evidence => {
  const pairs = given.pairs.agent.length;
  const { rounds } = given;
  const evidence: Evidence = {
    pairs,
    rounds,
    sent: new Float64Array(pairs * rounds),
    lost: new Float64Array(pairs * rounds),
    excessUs: new Float64Array(pairs * rounds).fill(Number.NaN),
    noiseUs: new Float64Array(pairs * rounds).fill(1),
    usualLoss: new Float64Array(pairs),
    burstLoss: new Float64Array(pairs),
    spreadUs: new Float64Array(pairs),
    alive: new Uint8Array(pairs),
  };
  for (let pair = 0; pair < pairs; pair++) readPair(given, evidence, pair);
  return evidence;
};

const readPair = (given: VerdictCase, evidence: Evidence, pair: number): void => {
  const { rounds } = evidence;
  const agent = given.pairs.agent[pair] ?? 0;
  const baseLoss = given.pairs.base_loss[pair] ?? 0;
  const baseUs = given.pairs.base_rtt_us[pair] ?? null;
  if (baseLoss >= 0.95) return;
  const sent = given.series.sent[pair] ?? [];
  const received = given.series.received[pair] ?? [];
  const median = given.series.rtt_median_us[pair] ?? [];
  const late = given.agents.late[agent] ?? [];
  const at = (round: number): number => pair * rounds + round;
  for (let round = 0; round < rounds; round++) {
    const packets = sent[round] ?? null;
    if (packets === null || packets <= 0 || late.some(([from, to]) => round >= from && round < to)) continue;
    evidence.sent[at(round)] = packets;
    evidence.lost[at(round)] = packets - Math.min(packets, received[round] ?? 0);
    evidence.alive[pair] = 1;
  }
  const { usual, burst } = usualLossOf(evidence, given, pair);
  evidence.usualLoss[pair] = usual;
  evidence.burstLoss[pair] = burst;
  if (baseUs === null) return;
  const spreadUs = Math.max(60, given.pairs.base_spread_us[pair] ?? 0.05 * baseUs);
  evidence.spreadUs[pair] = spreadUs;
  const usable = Array.from({ length: rounds }, (_, round) => (evidence.sent[at(round)] === 0 ? null : (median[round] ?? null)));
  const { levelUs, wanderUs } = levelOf(usable, baseUs, spreadUs);
  usable.forEach((value, round) => {
    if (value === null) return;
    const boundUs = given.health.bound_us[agent]?.[round] ?? 0;
    const excess = value - levelUs;
    // A rise inside the agent's own error bound is the agent's noise, not the network's.
    evidence.excessUs[at(round)] = Math.abs(excess) <= boundUs ? 0 : excess - Math.sign(excess) * boundUs * 0.5;
    evidence.noiseUs[at(round)] = Math.hypot(wanderUs, 0.7 * boundUs);
  });
};

/** Today's level, between the 14 days' median and the window's opening, and how far medians wander around it. */
const levelOf = (medians: readonly (number | null)[], baseUs: number, spreadUs: number): { levelUs: number; wanderUs: number } => {
  const opening = medians.slice(0, OPENING).filter((value) => value !== null);
  const steps = medians.flatMap((value, i) => {
    const next = medians[i + 1] ?? null;
    return value === null || next === null ? [] : [Math.abs(next - value)];
  });
  const own = steps.length < 5 ? spreadUs : Math.min(1.5 * spreadUs, 1.05 * middle(steps));
  const today = opening.length < 3 ? baseUs : middle(opening);
  // Far off from the first round on: another way than on most of the 14 days. That began before the window.
  const trust = Math.abs(today - baseUs) > 2 * spreadUs ? 1 : 0.85;
  return { levelUs: baseUs + trust * (today - baseUs), wanderUs: Math.max(50, Math.hypot(own, 0.5 * spreadUs)) };
};

/** The usual loss: the 14 days' mean, raised to what the window opened with as far as rounds of those days reached it. */
const usualLossOf = (evidence: Evidence, given: VerdictCase, pair: number): { usual: number; burst: number } => {
  const mean = Math.max(0.0003, given.pairs.base_loss[pair] ?? 0);
  const reached = Math.max(mean, given.pairs.base_loss_p95[pair] ?? 0);
  let sent = 0;
  let lost = 0;
  for (let round = 0; round < Math.min(OPENING, evidence.rounds); round++) {
    sent += evidence.sent[pair * evidence.rounds + round] ?? 0;
    lost += evidence.lost[pair * evidence.rounds + round] ?? 0;
  }
  const opening = (lost + mean * 60) / (sent + 60);
  const usual = Math.max(mean, Math.min(opening, reached));
  return { usual, burst: Math.min(0.9, Math.max(reached, usual)) };
};

/** The median of some numbers; 0 of none. */
export const middle = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? 0) + upper) / 2;
};
