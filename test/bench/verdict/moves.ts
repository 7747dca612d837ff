import type { Dice } from './dice.ts';
import { delayOf, type Scene } from './scene.ts';
import { type World, waysBetween, withoutLink } from './topology.ts';

/** What pairs do when a link is given up: the ways out that they take without it, and by how much their RTT changes. */
export interface Move {
  readonly ways: ReadonlyMap<number, readonly number[]>;
  readonly shiftUs: ReadonlyMap<number, number>;
}

/** Gives up one link of a way out, drawn at random; pairs that have no other way stay. */
export const drawMove = (dice: Dice, scene: Scene): Move => {
  const drawn = dice.pick(scene.pairs.filter(({ forward }) => forward.length > 3)).forward;
  const at = dice.whole(1, drawn.length - 2);
  const [a = -1, b = -1] = [drawn[at], drawn[at + 1]];
  const world = withoutLink(scene.world, a, b);
  const ways = new Map<number, readonly number[]>();
  const shiftUs = new Map<number, number>();
  const known = new Map<string, readonly number[] | undefined>();
  scene.pairs.forEach(({ forward }, pair) => {
    if (!passes(forward, a, b)) return;
    const [from, to] = [forward[0] ?? -1, forward.at(-1) ?? -1];
    const key = `${from}>${to}`;
    if (!known.has(key)) known.set(key, otherWay(world, from, to));
    const way = known.get(key);
    if (way === undefined) return;
    ways.set(pair, way);
    shiftUs.set(pair, delayOf(scene.world, way) - delayOf(scene.world, forward));
  });
  return { ways, shiftUs };
};

const otherWay = (world: World, from: number, to: number): readonly number[] | undefined => waysBetween(world, from, to)[0];

const passes = (way: readonly number[], a: number, b: number): boolean => way.some((router, i) => router === a && way[i + 1] === b);

/** The ways that some pairs had hours ago, before the moves that nobody has traced since; about `share` of all pairs. */
export const drawOldWays = (dice: Dice, scene: Scene, share: number): ReadonlyMap<number, readonly number[]> => {
  const old = new Map<number, readonly number[]>();
  for (let tries = 0; tries < 30 && old.size < share * scene.pairs.length; tries++)
    for (const [pair, way] of drawMove(dice, scene).ways) if (old.size < 1.3 * share * scene.pairs.length) old.set(pair, way);
  return old;
};
