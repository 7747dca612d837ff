import type { Cause } from './causes.ts';
import type { Dice } from './dice.ts';
import type { Disturbances } from './disturbances.ts';
import type { Scene, ScenePair } from './scene.ts';

/** One trace as drawn: the routers by number, `null` where none answered. */
export interface DrawnTrace {
  readonly pair: number;
  readonly at: number;
  readonly hops: readonly (number | null)[];
  readonly reached: 0 | 1;
}

/** A way that was true once: a hop or two in the middle stood elsewhere in the same system. */
const outdated = (dice: Dice, { world }: Scene, way: readonly number[]): readonly number[] => {
  if (way.length < 4) return way;
  const from = dice.whole(1, way.length - 2);
  const asn = world.routers[way[from] ?? -1]?.asn;
  const others = world.routers.flatMap((router, i) => (router.asn === asn && !way.includes(i) ? [i] : []));
  if (others.length === 0) return way;
  return way.map((router, i) =>
    i === from || (i === from + 1 && i < way.length - 1 && dice.chance(0.4) && world.routers[router]?.asn === asn && others.length > 1)
      ? ((i === from ? others[0] : others[1]) ?? router)
      : router,
  );
};

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

/** Traces in the background (some outdated, some of another member of equal ways) and, for some of the pairs that something happens to, inside the window. */
export const drawTraces = (
  dice: Dice,
  scene: Scene,
  causes: readonly Cause[],
  noise: Disturbances,
  rounds: number,
  stale: number,
): DrawnTrace[] => {
  const found: DrawnTrace[] = [];
  const otherMember = (pair: ScenePair): readonly number[] => (dice.chance(0.2) ? dice.pick(pair.ways) : pair.forward);
  scene.pairs.forEach((pair, p) => {
    if (scene.targets[pair.target]?.kind === 'gateway') return;
    const shifts = noise.reroutes.filter(({ hits }) => hits.has(p));
    const fresh = otherMember(pair);
    const before = dice.chance(stale) ? outdated(dice, scene, fresh) : fresh;
    if (!dice.chance(0.04)) found.push({ pair: p, at: -Math.round(dice.between(600, 43_200)), ...walk(dice, scene, pair, before, []) });
    if (dice.chance(0.05))
      found.push({ pair: p, at: -Math.round(dice.between(43_200, 90_000)), ...walk(dice, scene, pair, otherMember(pair), []) });
    const touching = [...causes, ...noise.effects].filter(({ hits, kind }) => hits.has(p) && kind !== 'ripple' && kind !== 'late');
    const moments = [...touching.map(({ from }) => ({ from, seen: 0.3 })), ...shifts.map(({ round }) => ({ from: round, seen: 0.6 }))];
    for (const { from, seen } of moments) {
      // A change of the way is traced by itself, and so is some of what looks bad.
      if (!dice.chance(seen)) continue;
      const at = from + (seen > 0.5 ? dice.whole(0, 2) : dice.whole(1, 4));
      if (at >= rounds) continue;
      const active = causes.filter(({ hits, force }) => hits.has(p) && (force[at] ?? 0) > 0.5);
      const moved = shifts.some(({ round }) => at >= round);
      const way = moved ? (pair.ways.find((one) => one !== pair.forward) ?? outdated(dice, scene, pair.forward)) : otherMember(pair);
      found.push({ pair: p, at: at * 60 + dice.whole(5, 50), ...walk(dice, scene, pair, way, active) });
    }
    if (dice.chance(0.02)) found.push({ pair: p, at: dice.whole(0, rounds * 60 - 1), ...walk(dice, scene, pair, otherMember(pair), []) });
  });
  return found.toSorted((a, b) => a.pair - b.pair || a.at - b.at);
};
