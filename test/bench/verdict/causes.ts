import type { Dice } from './dice.ts';
import type { Scene, ScenePair } from './scene.ts';

export type Shape = 'step' | 'flap' | 'ramp';

/** Something that happens to pairs for some rounds: a cause, or a disturbance that is none. */
export interface Effect {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  /** 0–1 for each round of the window. */
  readonly force: readonly number[];
  readonly hits: ReadonlySet<number>;
  readonly loss: number;
  readonly delayUs: number;
  /** How much more the packets of a round differ. */
  readonly wobbleUs: number;
}

export type Where =
  | { readonly at: 'agent'; readonly agent: number; readonly health: boolean }
  | { readonly at: 'first-mile'; readonly router: number }
  | { readonly at: 'target'; readonly target: number }
  | { readonly at: 'hop'; readonly router: number }
  | { readonly at: 'link'; readonly a: number; readonly b: number }
  | { readonly at: 'system'; readonly asn: number };

export interface Cause extends Effect {
  readonly where: Where;
  readonly shape: Shape;
  readonly class: 'agent' | 'first-mile' | 'shared-path' | 'target';
}

const KINDS = [
  [2, 'target-down'],
  [1.5, 'target-loss'],
  [1.5, 'target-slow'],
  [0.7, 'resolver'],
  [1, 'instance'],
  [1.5, 'agent-nic'],
  [1, 'agent-cpu'],
  [1, 'agent-off'],
  [3, 'first-mile'],
  [2.2, 'site-uplink'],
  [4, 'link-loss'],
  [2, 'link-delay'],
  [2, 'hop-loss'],
  [1.5, 'hop-delay'],
  [1.2, 'transit'],
  [2.2, 'congestion'],
  [1, 'ecmp-member'],
] as const;
type Kind = (typeof KINDS)[number][1];

const has = (way: readonly number[], from: number, to: number): boolean => way.some((at, i) => at === from && way[i + 1] === to);

/** The pairs that a predicate holds for. */
const those = ({ pairs }: Scene, hit: (pair: ScenePair) => boolean): Set<number> =>
  new Set(pairs.flatMap((pair, i) => (hit(pair) ? [i] : [])));

/** Which pairs a link touches: in which directions decides `direction`. */
const linkHits = (scene: Scene, a: number, b: number, direction: 'both' | 'out' | 'home'): Set<number> =>
  those(scene, ({ forward, back }) =>
    direction === 'both'
      ? has(forward, a, b) || has(forward, b, a) || has(back, a, b) || has(back, b, a)
      : direction === 'out'
        ? has(forward, a, b) || has(back, a, b)
        : has(forward, b, a) || has(back, b, a),
  );

const forceOf = (dice: Dice, shape: Shape, rounds: number, from: number, to: number): number[] => {
  const up = Math.max(4, Math.round((to - from) * dice.between(0.4, 0.9)));
  const on = dice.whole(2, 4);
  const off = dice.whole(1, 3);
  return Array.from({ length: rounds }, (_, r) => {
    if (r < from || r >= to) return 0;
    if (shape === 'ramp') return Math.min(1, (r - from + 1) / up);
    return shape === 'step' || (r - from) % (on + off) < on ? 1 : 0;
  });
};

interface Place {
  readonly where: Where;
  readonly class: Cause['class'];
  readonly hits: ReadonlySet<number>;
}

const placeOf = (dice: Dice, scene: Scene, kind: Kind): Place | undefined => {
  const { pairs, agents, targets, world } = scene;
  const links = [
    ...new Set(pairs.flatMap(({ forward, back }) => [forward, back].flatMap((way) => way.slice(1).map((to, i) => `${way[i]}>${to}`)))),
  ];
  const drawLink = (): [number, number] => {
    const [a, b] = dice.pick(links).split('>').map(Number);
    return [a ?? 0, b ?? 0];
  };
  switch (kind) {
    case 'target-down':
    case 'target-loss':
    case 'target-slow':
    case 'resolver': {
      const fitting = targets.flatMap((target, i) => (target.kind === (kind === 'resolver' ? 'resolver' : 'target') ? [i] : []));
      const target = dice.pick(fitting);
      return { where: { at: 'target', target }, class: 'target', hits: those(scene, (pair) => pair.target === target) };
    }
    case 'instance': {
      const fitting = targets.flatMap((target, i) => (target.at.length > 1 ? [i] : []));
      if (fitting.length === 0) return undefined;
      const target = dice.pick(fitting);
      const place = dice.pick(targets[target]?.at ?? []);
      return {
        where: { at: 'target', target },
        class: 'target',
        hits: those(scene, (pair) => pair.target === target && pair.place === place),
      };
    }
    case 'agent-nic':
    case 'agent-cpu':
    case 'agent-off': {
      const agent = dice.whole(0, agents.length - 1);
      return {
        where: { at: 'agent', agent, health: kind !== 'agent-nic' },
        class: 'agent',
        hits: those(scene, (pair) => pair.agent === agent),
      };
    }
    case 'first-mile': {
      const { site } = dice.pick(agents);
      const gatewayToo = dice.chance(0.55);
      const hits = those(scene, (pair) => agents[pair.agent]?.site === site && (gatewayToo || targets[pair.target]?.kind !== 'gateway'));
      return { where: { at: 'first-mile', router: site.router }, class: 'first-mile', hits };
    }
    case 'site-uplink': {
      const site = dice.pick(world.targetSites);
      const hits = those(scene, (pair) => pair.place === site);
      const before = pairs.find((pair) => pair.place === site)?.forward.at(-2);
      return before === undefined ? undefined : { where: { at: 'link', a: before, b: site.router }, class: 'shared-path', hits };
    }
    case 'link-loss':
    case 'link-delay':
    case 'congestion': {
      const [a, b] = drawLink();
      const direction = dice.weighted([
        [5, 'both'],
        [kind === 'congestion' ? 6 : 3, 'out'],
        [1.5, 'home'],
      ] as const);
      return { where: { at: 'link', a, b }, class: 'shared-path', hits: linkHits(scene, a, b, direction) };
    }
    case 'ecmp-member': {
      const fanned = pairs.filter(({ ways }) => ways.length > 1);
      if (fanned.length === 0) return undefined;
      const pair = dice.pick(fanned);
      const own = pair.forward.slice(1).map((to, i) => [pair.forward[i] ?? 0, to] as const);
      const split = own.filter(([a, b]) => !pair.ways.every((way) => has(way, a, b)));
      if (split.length === 0) return undefined;
      const [a, b] = dice.pick(split);
      return { where: { at: 'link', a, b }, class: 'shared-path', hits: linkHits(scene, a, b, 'out') };
    }
    case 'hop-loss':
    case 'hop-delay': {
      const router = drawLink()[0];
      return {
        where: { at: 'hop', router },
        class: 'shared-path',
        hits: those(scene, ({ forward, back }) => forward.includes(router) || back.includes(router)),
      };
    }
    case 'transit': {
      const ends = new Set([...agents.map(({ site }) => site.asn), ...targets.map(({ asn }) => asn)]);
      const through = [...new Set(pairs.flatMap(({ forward }) => forward.map((at) => world.routers[at]?.asn ?? 0)))].filter(
        (asn) => !ends.has(asn),
      );
      if (through.length === 0) return undefined;
      const asn = dice.pick(through);
      const crosses = (way: readonly number[]): boolean => way.some((at) => world.routers[at]?.asn === asn);
      return {
        where: { at: 'system', asn },
        class: 'shared-path',
        hits: those(scene, ({ forward, back }) => crosses(forward) || crosses(back)),
      };
    }
    default:
      return kind satisfies never;
  }
};

const strengthOf = (dice: Dice, kind: Kind): { loss: number; delayUs: number; wobbleUs: number } => {
  const lost = { loss: dice.logBetween(0.015, 0.9), delayUs: 0, wobbleUs: 0 };
  if (kind === 'target-down' || kind === 'agent-off') return { loss: 1, delayUs: 0, wobbleUs: 0 };
  if (kind === 'agent-cpu') return { loss: dice.logBetween(0.05, 0.4), delayUs: dice.logBetween(2000, 15_000), wobbleUs: 4000 };
  if (kind === 'target-slow' || kind === 'congestion') {
    const delayUs = dice.logBetween(8000, 200_000);
    return { loss: dice.chance(0.4) ? dice.between(0.01, 0.06) : 0, delayUs, wobbleUs: delayUs * 0.25 };
  }
  if (kind.endsWith('-delay')) return { loss: 0, delayUs: dice.logBetween(4000, 200_000), wobbleUs: 0 };
  if (kind === 'transit') return { ...lost, delayUs: dice.chance(0.5) ? dice.between(1000, 20_000) : 0 };
  if (kind === 'first-mile' || kind === 'site-uplink') {
    const how = dice.weighted([
      [3, 'down'],
      [5, 'loss'],
      [2, 'slow'],
      [2, 'both'],
    ] as const);
    if (how === 'down') return { loss: 1, delayUs: 0, wobbleUs: 0 };
    return { loss: how === 'slow' ? 0 : lost.loss, delayUs: how === 'loss' ? 0 : dice.logBetween(4000, 150_000), wobbleUs: 0 };
  }
  return lost;
};

/** Draws one cause that begins inside the window and touches at least two pairs; `undefined` when the draw did not fit. */
export const drawCause = (dice: Dice, scene: Scene, rounds: number): Cause | undefined => {
  const kind = dice.weighted(KINDS);
  const place = placeOf(dice, scene, kind);
  if (place === undefined || place.hits.size < (place.class === 'agent' ? 1 : 2)) return undefined;
  const off = kind === 'agent-off';
  const from = dice.whole(5, rounds - 7);
  const to = off || dice.chance(0.65) ? rounds : Math.min(rounds, from + dice.whole(6, 36));
  const shape: Shape = kind === 'congestion' ? 'ramp' : off || kind.endsWith('slow') || !dice.chance(0.12) ? 'step' : 'flap';
  return { kind, ...place, ...strengthOf(dice, kind), from, to, shape, force: forceOf(dice, shape, rounds, from, to) };
};
