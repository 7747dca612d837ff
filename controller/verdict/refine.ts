import type { Element } from './elements.ts';
import { middle } from './evidence.ts';
import { type Profile, type Residual, cellGain, pairGains } from './residual.ts';
import { type Guess, type Span, bestSpan } from './screen.ts';

/** A cause as the evidence draws it: when, how strong, and how well it explains each pair. */
export interface Event {
  readonly span: Span;
  readonly profile: Profile;
  /** Gain of each pair over the window under this profile, in nats. */
  readonly gains: Float64Array;
  /** The same for a pair that would meet the cause on its way back only. */
  readonly returning: Float64Array;
  /** What the freedom of the profile costs, in nats. */
  readonly cost: number;
  /** Mean share of packets lost and RTT added while it was in force. */
  readonly loss: number;
  readonly liftUs: number;
  /** Gain of each round over the believed members; its two best rounds are what a blip could make. */
  readonly perRound: Float64Array;
}

const PASSES = 3;
/** What each round of a free profile costs, in nats: it is fitted to the rounds that it explains. */
const FREE_COST = 1.3;
const OFF_COST = 0.8;
/** What RTTs must rise by, in spreads of the pairs that are hit: less is usual there. */
const BEYOND_SPREAD = 1.4;
/** Smaller steps nobody is called for. */
const LIFT_LEAST_US = 2000;

/** Fits when an element was in force and how strongly, from a first guess. Pure. */
export const refine = (
  residual: Residual,
  element: Element,
  guess: Pick<Guess, 'span' | 'loss' | 'liftUs'> & { readonly profile?: Profile },
): Event => {
  const { rounds } = residual.evidence;
  const members = [...element.passes.keys()].filter((pair) => residual.evidence.alive[pair] === 1);
  let event = eventOf(
    residual,
    members,
    guess.profile ?? constant(rounds, guess.span, guess.loss, guess.liftUs),
    guess.span,
    new Float64Array(rounds),
    0,
  );
  const withAll = (found: Event): Event => {
    const { passing, returning } = pairGains(residual, found.profile, residual.evidence.alive.keys());
    return { ...found, gains: passing, returning };
  };
  for (let pass = 0; pass < PASSES; pass++) {
    const hit = hitsOf(element, event.gains);
    const strength = strengthOf(residual, members, hit, event.span);
    if (strength.loss === 0 && strength.liftUs === 0) break;
    const next = better(residual, members, hit, strength);
    if (next === undefined) break;
    const same = next.span.from === event.span.from && next.span.to === event.span.to;
    event = next;
    if (same) break;
  }
  return withAll(event);
};

/** How much each pair is believed to be hit. */
export const hitsOf = (element: Element, gains: Float64Array): Float64Array => {
  const hit = new Float64Array(gains.length);
  for (const [pair, weight] of element.passes) {
    const odds = (weight / (1 - weight)) * Math.exp(Math.max(-40, Math.min(40, gains[pair] ?? 0)));
    hit[pair] = odds / (1 + odds);
  }
  return hit;
};

const constant = (rounds: number, { from, to }: Span, loss: number, liftUs: number): Profile => {
  const profile = { loss: new Float64Array(rounds), liftUs: new Float64Array(rounds) };
  profile.loss.fill(loss, from, to);
  profile.liftUs.fill(liftUs, from, to);
  return profile;
};

interface Strength {
  readonly loss: number;
  readonly liftUs: number;
}

const pooledLoss = (
  { evidence, usual }: Residual,
  members: readonly number[],
  hit: Float64Array,
  from: number,
  to: number,
): { loss: number; surprise: number } => {
  const own: { readonly sent: number; readonly lost: number; readonly expected: number; readonly rate: number }[] = [];
  for (const pair of members) {
    const weight = hit[pair] ?? 0;
    if (weight < 0.02) continue;
    let sent = 0;
    let lost = 0;
    let expected = 0;
    for (let round = from; round < to; round++) {
      const cell = pair * evidence.rounds + round;
      const packets = weight * (evidence.sent[cell] ?? 0);
      sent += packets;
      lost += weight * (evidence.lost[cell] ?? 0);
      expected += packets * (usual[cell] ?? 0);
    }
    if (sent > 0) own.push({ sent, lost, expected, rate: (lost - expected) / sent });
  }
  // Some pairs suffer from something else as well: what is far from the most is not this cause's.
  const far = 3 * Math.max(0, middle(own.map(({ rate }) => rate))) + 0.25;
  const kept = own.length < 5 ? own : own.filter(({ rate }) => rate <= far);
  const sum = (read: (one: (typeof own)[number]) => number): number => kept.reduce((total, one) => total + read(one), 0);
  const lost = sum((one) => one.lost);
  const expected = sum((one) => one.expected);
  const left = sum((one) => one.sent) - expected;
  if (left <= 0) return { loss: 0, surprise: 0 };
  return { loss: Math.max(0, Math.min(0.995, (lost - expected) / left)), surprise: (lost - expected) / Math.sqrt(expected + 1) };
};

const pooledLift = (
  { evidence, excessUs, noiseUs }: Residual,
  members: readonly number[],
  hit: Float64Array,
  from: number,
  to: number,
): { liftUs: number; surprise: number; spreadUs: number } => {
  const spreads: number[] = [];
  const values: number[] = [];
  let noise = 0;
  for (const pair of members) {
    if ((hit[pair] ?? 0) < 0.3) continue;
    spreads.push(evidence.spreadUs[pair] ?? 0);
    for (let round = from; round < to; round++) {
      const excess = excessUs[pair * evidence.rounds + round] ?? Number.NaN;
      if (Number.isNaN(excess)) continue;
      values.push(excess);
      noise += noiseUs[pair * evidence.rounds + round] ?? 0;
    }
  }
  if (values.length === 0) return { liftUs: 0, surprise: 0, spreadUs: 0 };
  const liftUs = middle(values);
  return { liftUs, surprise: liftUs / (noise / values.length), spreadUs: middle(spreads) };
};

const strengthOf = (residual: Residual, members: readonly number[], hit: Float64Array, { from, to }: Span): Strength => {
  const { loss, surprise } = pooledLoss(residual, members, hit, from, to);
  const lift = pooledLift(residual, members, hit, from, to);
  return {
    loss: surprise > 2.5 ? Math.max(0.006, loss) : 0,
    liftUs: lift.surprise > 1 && lift.liftUs > Math.max(LIFT_LEAST_US, BEYOND_SPREAD * lift.spreadUs) ? lift.liftUs : 0,
  };
};

/** The better of a steady profile that may be off in some rounds, and one that is fitted round by round. */
const better = (residual: Residual, members: readonly number[], hit: Float64Array, strength: Strength): Event | undefined => {
  const { rounds } = residual.evidence;
  const believed = members.filter((pair) => (hit[pair] ?? 0) > 0.05);
  const steady = constant(rounds, { from: 0, to: rounds }, strength.loss, strength.liftUs);
  const free = freeProfile(residual, members, hit, strength);
  const candidates = [steady, free].map((profile, i) => {
    const perRound = new Float64Array(rounds);
    const cost = i === 0 ? 0 : FREE_COST;
    for (let round = 0; round < rounds; round++) {
      let sum = 0;
      for (const pair of believed)
        sum += (hit[pair] ?? 0) * cellGain(residual, pair * rounds + round, profile.loss[round] ?? 0, profile.liftUs[round] ?? 0);
      const used = (profile.loss[round] ?? 0) > 0 || (profile.liftUs[round] ?? 0) > 0;
      perRound[round] = used ? sum - cost : -OFF_COST;
    }
    const values = perRound.map((value) => Math.max(-OFF_COST, value));
    const { span } = bestSpan(perRound, rounds);
    const total = values.subarray(span.from, span.to).reduce((sum, value) => sum + value, 0);
    return { profile, perRound, span, total, cost };
  });
  const best = candidates.toSorted((a, b) => b.total - a.total)[0];
  if (best === undefined || best.span.to === best.span.from) return undefined;
  const { profile, perRound } = best;
  const isOn = (round: number): boolean => {
    if ((profile.loss[round] ?? 0) === 0 && (profile.liftUs[round] ?? 0) === 0) return false;
    // A round that is clearly as usual: the cause flaps.
    return (perRound[round] ?? 0) >= -OFF_COST - (best.cost > 0 ? 0 : 1.5);
  };
  const span = bodyOf(best.span, isOn);
  const cut = { loss: new Float64Array(rounds), liftUs: new Float64Array(rounds) };
  let cost = 0;
  for (let round = span.from; round < span.to; round++) {
    cost += isOn(round) ? best.cost : OFF_COST;
    if (!isOn(round)) continue;
    cut.loss[round] = profile.loss[round] ?? 0;
    cut.liftUs[round] = profile.liftUs[round] ?? 0;
  }
  return eventOf(residual, members, cut, span, perRound, cost);
};

/** The body of a span: what lies apart from it by more rounds than a flap rests, or alone before or behind it, is something else, such as a blip. */
const bodyOf = ({ from, to }: Span, isOn: (round: number) => boolean): Span => {
  const runs: { from: number; to: number; on: number }[] = [];
  for (let round = from; round < to; round++) {
    if (!isOn(round)) continue;
    const last = runs.at(-1);
    if (last !== undefined && round - last.to < REST_LEAST) {
      last.to = round + 1;
      last.on++;
    } else runs.push({ from: round, to: round + 1, on: 1 });
  }
  const [first, second] = runs;
  if (first === undefined) return { from, to };
  // Two runs are no flapping: one or two rounds apart from many are a blip.
  if (runs.length === 2 && second !== undefined && Math.min(first.on, second.on) <= 2 && Math.max(first.on, second.on) >= 5)
    return first.on > second.on ? first : second;
  const bodies: { from: number; to: number; on: number }[] = [];
  for (const run of runs) {
    const last = bodies.at(-1);
    if (last !== undefined && run.from - last.to <= REST_MOST) [last.to, last.on] = [run.to, last.on + run.on];
    else bodies.push({ ...run });
  }
  return bodies.toSorted((x, y) => y.on - x.on)[0] ?? { from, to };
};

/** Rounds that a cause that flaps may rest, and that make two runs of it. */
const REST_MOST = 6;
const REST_LEAST = 3;

/** Loss and lift of each round with its neighbours': follows ramps and flaps. */
const freeProfile = (residual: Residual, members: readonly number[], hit: Float64Array, strength: Strength): Profile => {
  const { rounds } = residual.evidence;
  const profile = { loss: new Float64Array(rounds), liftUs: new Float64Array(rounds) };
  for (let round = 0; round < rounds; round++) {
    const from = Math.max(0, round - 1);
    const to = Math.min(rounds, round + 2);
    if (strength.loss > 0) {
      const { loss, surprise } = pooledLoss(residual, members, hit, round, round + 1);
      const around = pooledLoss(residual, members, hit, from, to);
      profile.loss[round] = surprise > 1.5 ? (2 * loss + around.loss) / 3 : 0;
    }
    if (strength.liftUs > 0) {
      const { liftUs, surprise } = pooledLift(residual, members, hit, from, to);
      profile.liftUs[round] = surprise > 0.8 ? liftUs : 0;
    }
  }
  return profile;
};

const eventOf = (residual: Residual, of: Iterable<number>, profile: Profile, span: Span, perRound: Float64Array, cost: number): Event => {
  const on = [...profile.loss.keys()].filter((round) => (profile.loss[round] ?? 0) > 0 || (profile.liftUs[round] ?? 0) > 0);
  const mean = (row: Float64Array): number => on.reduce((sum, round) => sum + (row[round] ?? 0), 0) / Math.max(1, on.length);
  const { passing, returning } = pairGains(residual, profile, of);
  return { span, profile, gains: passing, returning, cost, loss: mean(profile.loss), liftUs: mean(profile.liftUs), perRound };
};
