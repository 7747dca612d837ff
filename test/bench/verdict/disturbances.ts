import type { Effect } from './causes.ts';
import type { Dice } from './dice.ts';
import { drawMove, type Move } from './moves.ts';
import type { Scene } from './scene.ts';

/** What an agent's own state does in a window, beside the network. */
export interface AgentNoise {
  /** Rounds in which its processor is busy: its error bound grows, its RTTs within it. */
  readonly busy: readonly (readonly [from: number, to: number])[];
  /** Rounds without any data. */
  readonly missing: readonly (readonly [from: number, to: number])[];
  readonly late: readonly (readonly [from: number, to: number, arrived: number])[];
  readonly clockStep: { readonly round: number; readonly ms: number } | undefined;
}

/** From some round on pairs take another way. */
export interface Reroute extends Move {
  readonly round: number;
}

export interface Disturbances {
  readonly names: readonly string[];
  readonly effects: readonly Effect[];
  readonly agents: readonly AgentNoise[];
  readonly reroutes: readonly Reroute[];
}

/** Pairs that share something drawn at random: a target, a router, an agent. */
const group = (dice: Dice, { pairs }: Scene): Set<number> => {
  const one = dice.pick(pairs);
  const router = dice.pick([...one.forward, ...one.back]);
  const by = dice.weighted([
    [2, 'target'],
    [3, 'router'],
    [1, 'agent'],
    [2, 'pair'],
  ] as const);
  return new Set(
    pairs.flatMap((pair, i) =>
      (by === 'target' && pair.target === one.target) ||
      (by === 'router' && (pair.forward.includes(router) || pair.back.includes(router))) ||
      (by === 'agent' && pair.agent === one.agent) ||
      pair === one
        ? [i]
        : [],
    ),
  );
};

const effect = (dice: Dice, scene: Scene, rounds: number, kind: string): Effect => {
  const from = dice.whole(0, rounds - 3);
  const to = from + (kind === 'one-round-down' ? 1 : dice.whole(1, 2));
  const down = kind === 'one-round-down';
  const lossy = dice.chance(0.6);
  return {
    kind,
    from,
    to,
    force: Array.from({ length: rounds }, (_, r) => (r >= from && r < to ? 1 : 0)),
    hits: group(dice, scene),
    loss: down ? 1 : kind === 'blip' && lossy ? dice.logBetween(0.05, 0.9) : 0,
    delayUs: down ? 0 : kind === 'flare' || !lossy ? dice.logBetween(3000, 150_000) : 0,
    wobbleUs: kind === 'flare' ? 10_000 : 0,
  };
};

/** A slow, small and harmless wave over many pairs: the usual load of the day. */
const ripple = (dice: Dice, scene: Scene, rounds: number): Effect => {
  const phase = dice.between(0, 2 * Math.PI);
  const turns = dice.between(0.5, 3);
  const force = Array.from({ length: rounds }, (_, r) => 0.5 + 0.5 * Math.sin(phase + (turns * 2 * Math.PI * r) / rounds));
  return { kind: 'ripple', from: 0, to: rounds, force, hits: group(dice, scene), loss: 0, delayUs: dice.between(100, 500), wobbleUs: 0 };
};

/** Draws what is none of anybody's fault: `some` or nothing at all. */
export const drawDisturbances = (dice: Dice, scene: Scene, rounds: number): Disturbances => {
  const quietAgent: AgentNoise = { busy: [], missing: [], late: [], clockStep: undefined };
  const agents = scene.agents.map(() => quietAgent);
  const names = new Set<string>();
  if (dice.chance(0.12)) return { names: [], effects: [], agents, reroutes: [] };
  const change = (with_: (agent: AgentNoise) => AgentNoise): void => {
    const i = dice.whole(0, agents.length - 1);
    agents[i] = with_(agents[i] ?? quietAgent);
  };
  const span = (low: number, high: number): [number, number] => {
    const from = dice.whole(0, rounds - 4);
    return [from, Math.min(rounds - 1, from + dice.whole(low, high))];
  };
  const effects: Effect[] = [];
  const reroutes: Reroute[] = [];
  const maybe = (name: string, probability: number, act: () => void): void => {
    if (!dice.chance(probability)) return;
    names.add(name);
    act();
  };
  for (const name of ['blip', 'flare', 'one-round-down'])
    maybe(name, 0.4, () => effects.push(...Array.from({ length: dice.whole(1, 3) }, () => effect(dice, scene, rounds, name))));
  maybe('ripple', 0.2, () => effects.push(ripple(dice, scene, rounds)));
  maybe('reroute', 0.2, () => reroutes.push({ round: dice.whole(3, rounds - 4), ...drawMove(dice, scene) }));
  maybe('grey-agent', 0.3, () => change((one) => ({ ...one, busy: [...one.busy, span(6, 30)] })));
  maybe('gap', 0.25, () => change((one) => ({ ...one, missing: [...one.missing, span(1, 3)] })));
  maybe('absent', 0.15, () => change((one) => ({ ...one, missing: [[0, rounds]] })));
  maybe('clock-once', 0.2, () =>
    change((one) => ({ ...one, clockStep: { round: dice.whole(1, rounds - 1), ms: dice.between(-2000, 2000) } })),
  );
  maybe('late', 0.25, () => {
    const [from, to] = span(3, 12);
    const agent = dice.whole(0, agents.length - 1);
    agents[agent] = { ...(agents[agent] ?? quietAgent), late: [[from, to, Math.min(rounds - 1, to + dice.whole(0, 3))]] };
    if (dice.chance(0.6))
      effects.push({
        kind: 'late',
        from,
        to,
        force: Array.from({ length: rounds }, (_, r) => (r >= from && r < to ? 1 : 0)),
        hits: new Set(scene.pairs.flatMap((pair, i) => (pair.agent === agent ? [i] : []))),
        loss: dice.logBetween(0.1, 1),
        delayUs: 0,
        wobbleUs: 0,
      });
  });
  return { names: [...names].toSorted(), effects, agents, reroutes };
};
