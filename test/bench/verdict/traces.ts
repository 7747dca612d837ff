import type { Cause } from './causes.ts';
import type { Dice } from './dice.ts';
import type { Disturbances } from './disturbances.ts';
import { drawOldWays } from './moves.ts';
import type { Scene, ScenePair } from './scene.ts';

/** One trace as drawn: the routers by number, `null` where none answered. */
export interface DrawnTrace {
  readonly pair: number;
  readonly at: number;
  readonly hops: readonly (number | null)[];
  readonly reached: 0 | 1;
}

/** From which hop on (0: the first) the packets out meet the cause; `null`: not on the way out. */
const meets = ({ routers }: Scene['world'], { where }: Cause, way: readonly number[]): number | null => {
  const found = ((): number => {
    switch (where.at) {
      case 'agent':
        return 0;
      case 'first-mile':
        return 1;
      case 'target':
        return way.length;
      case 'hop':
        return way.indexOf(where.router);
      case 'link':
        return way.findIndex(
          (to, i) => i > 0 && ((way[i - 1] === where.a && to === where.b) || (way[i - 1] === where.b && to === where.a)),
        );
      case 'system':
        return way.findIndex((router) => routers[router]?.asn === where.asn);
      default:
        return where satisfies never;
    }
  })();
  return found < 0 ? null : found;
};

const walk = (
  dice: Dice,
  scene: Scene,
  pair: ScenePair,
  way: readonly number[],
  active: readonly Cause[],
): Pick<DrawnTrace, 'hops' | 'reached'> => {
  const answers = (i: number): boolean => {
    const through = active.reduce((left, cause) => {
      const from = meets(scene.world, cause, way);
      const reply = way[i] === undefined || pair.back.includes(way[i] ?? -1);
      const touched = from === null ? reply && i >= way.length / 2 : i >= from;
      return touched ? left * (1 - cause.loss) : left;
    }, 1);
    return dice.chance(1 - (1 - through) ** 3);
  };
  const hops = way.map((router, i) => (dice.chance(scene.world.routers[router]?.silent ?? 0) || !answers(i) ? null : router));
  const reached = answers(way.length) ? 1 : 0;
  if (reached === 0) while (hops.length > 0 && hops.at(-1) === null && dice.chance(0.9)) hops.pop();
  return { hops, reached };
};

/** How many pairs of a cause are traced because of it, at most; some causes are traced by nobody. */
const ASKED_MAX = 10;
const ASKED = 0.65;

/** For each pair the rounds in which somebody asks for its way: what is wrong is traced a little after it began, and a change of the way when it came. */
const askedRounds = (dice: Dice, causes: readonly Cause[], { reroutes }: Disturbances, rounds: number): Map<number, number[]> => {
  const asked = new Map<number, number[]>();
  const ask = (pair: number, round: number): void => {
    if (round < rounds) asked.set(pair, [...(asked.get(pair) ?? []), round]);
  };
  for (const { hits, from, kind } of causes) {
    if (kind === 'agent-off' || !dice.chance(ASKED)) continue;
    const round = from + dice.whole(1, 4);
    for (const pair of dice.some([...hits], ASKED_MAX)) ask(pair, round);
  }
  for (const { ways, round } of reroutes) for (const pair of ways.keys()) if (dice.chance(0.6)) ask(pair, round + dice.whole(0, 2));
  return asked;
};

/** Traces in the background (some outdated, some of another member of equal ways) and those that somebody asked for inside the window. */
export const drawTraces = (
  dice: Dice,
  scene: Scene,
  causes: readonly Cause[],
  noise: Disturbances,
  rounds: number,
  stale: number,
): DrawnTrace[] => {
  const found: DrawnTrace[] = [];
  const asked = askedRounds(dice, causes, noise, rounds);
  const old = drawOldWays(dice, scene, stale);
  const otherMember = (pair: ScenePair): readonly number[] => (dice.chance(0.2) ? dice.pick(pair.ways) : pair.forward);
  scene.pairs.forEach((pair, p) => {
    if (scene.targets[pair.target]?.kind === 'gateway') return;
    const before = old.get(p) ?? otherMember(pair);
    if (!dice.chance(0.03)) found.push({ pair: p, at: -Math.round(dice.between(10_000, 45_000)), ...walk(dice, scene, pair, before, []) });
    if (dice.chance(0.03))
      found.push({ pair: p, at: -Math.round(dice.between(45_000, 90_000)), ...walk(dice, scene, pair, otherMember(pair), []) });
    const inside = [...(asked.get(p) ?? []), ...(dice.chance(0.04) ? [dice.whole(0, rounds - 1)] : [])];
    for (const at of inside) {
      const active = causes.filter(({ hits, force }) => hits.has(p) && (force[at] ?? 0) > 0.5);
      const moved = noise.reroutes.find(({ ways, round }) => at >= round && ways.has(p));
      const way = moved?.ways.get(p) ?? otherMember(pair);
      found.push({ pair: p, at: at * 60 + dice.whole(5, 50), ...walk(dice, scene, pair, way, active) });
    }
  });
  return found.toSorted((a, b) => a.pair - b.pair || a.at - b.at);
};
