import { type Dice, hashOf } from './dice.ts';
import { type Site, type World, drawWorld, waysBetween } from './topology.ts';

export interface SceneAgent {
  readonly id: string;
  readonly site: Site;
  readonly upstream: number;
  readonly gateway: number;
  readonly resolver: number;
}

export interface SceneTarget {
  readonly id: string;
  readonly kind: 'target' | 'gateway' | 'resolver';
  readonly address: string;
  /** Where it stands: several for a target in several places. */
  readonly at: readonly Site[];
  readonly site: string | null;
  readonly asn: number;
  readonly country: string | null;
  /** It answers ICMP last: its usual loss and wobble. */
  readonly lazy: number;
}

export interface ScenePair {
  readonly agent: number;
  readonly target: number;
  readonly place: Site;
  /** Every equal way out, without the target; the one that probes take; and the way back. */
  readonly ways: readonly (readonly number[])[];
  readonly forward: readonly number[];
  readonly back: readonly number[];
  readonly rttUs: number;
}

export interface Scene {
  readonly world: World;
  readonly agents: readonly SceneAgent[];
  readonly targets: readonly SceneTarget[];
  readonly pairs: readonly ScenePair[];
}

const id = (dice: Dice, prefix: string, digits = 4): string =>
  prefix +
  Math.floor(dice.fraction() * 16 ** digits)
    .toString(16)
    .padStart(digits, '0');

export const delayOf = (world: World, way: readonly number[]): number =>
  way.slice(1).reduce((sum, to, i) => sum + (world.links.get(way[i] ?? -1)?.get(to)?.delayUs ?? 0), 0);

const PAIRS_MAX = 520;

/** Draws agents, targets and the mesh between them, with the true ways there and back. */
export const drawScene = (dice: Dice): Scene => {
  const agentCount = dice.weighted([
    [3, dice.whole(2, 5)],
    [5, dice.whole(6, 20)],
    [4, Math.round(dice.logBetween(21, 100))],
  ]);
  const world = drawWorld(dice, agentCount, dice.between(0.02, 0.2));
  const targets: SceneTarget[] = [];
  const gateways = new Map<string, number>();
  const resolvers = new Map<number, number>();
  const add = (target: SceneTarget): number => targets.push(target) - 1;
  const addressOf = (router: number): string => world.routers[router]?.address ?? '';
  const agents = Array.from({ length: agentCount }, () => {
    const site = dice.pick(world.agentSites);
    const { asn, country } = site;
    const base = { asn, country, lazy: 0 };
    const gateway =
      gateways.get(site.id) ??
      add({ ...base, id: id(dice, 't'), kind: 'gateway', address: addressOf(site.router), at: [site], site: site.id });
    gateways.set(site.id, gateway);
    const place = { ...site, router: world.resolverRouters.get(asn) ?? site.router };
    const resolver =
      resolvers.get(asn) ?? add({ ...base, id: id(dice, 't'), kind: 'resolver', address: world.addressOf(), at: [place], site: null });
    resolvers.set(asn, resolver);
    return { id: id(dice, 'a'), site, upstream: world.upstreamOf.get(asn) ?? 0, gateway, resolver };
  });
  const mesh = Array.from({ length: Math.round(dice.logBetween(7, 40)) }, () => {
    const several = dice.chance(0.1);
    const at = several ? dice.some(world.targetSites, dice.whole(2, 3)) : [dice.pick(world.targetSites)];
    const first = at[0];
    if (first === undefined) throw new Error('a world without targets');
    return add({
      id: id(dice, 't'),
      kind: 'target',
      address: world.addressOf(),
      at,
      site: at.length > 1 ? null : first.id,
      asn: first.asn,
      country: at.length > 1 ? null : first.country,
      lazy: dice.chance(0.06) ? dice.logBetween(0.01, 0.06) : 0,
    });
  });
  // Every agent measures as many targets; a fleet of many agents has few of each.
  const own = Math.max(3, Math.min(Math.round(mesh.length * dice.between(0.55, 1)), Math.floor(PAIRS_MAX / agentCount) - 2));
  const pairs: ScenePair[] = [];
  const waysMemo = new Map<string, number[][]>();
  const ways = (from: number, to: number): number[][] => {
    const key = `${from}>${to}`;
    const known = waysMemo.get(key) ?? waysBetween(world, from, to);
    waysMemo.set(key, known);
    return known;
  };
  const addPair = (agent: number, target: number): void => {
    const of = agents[agent];
    const to = targets[target];
    if (of === undefined || to === undefined) return;
    const near = to.at.toSorted((a, b) => hashOf(of.site.asn, a.id) - hashOf(of.site.asn, b.id))[0];
    if (near === undefined) return;
    const out = to.kind === 'gateway' ? [[of.site.router]] : ways(of.site.router, near.router);
    const home = to.kind === 'gateway' ? [[of.site.router]] : ways(near.router, of.site.router);
    const forward = out[Math.floor(hashOf(of.id, to.id) * out.length)];
    const back = home[Math.floor(hashOf(to.id, of.id) * home.length)];
    if (forward === undefined || back === undefined) return;
    const rttUs = 150 + dice.between(50, 600) + delayOf(world, forward) + delayOf(world, back);
    pairs.push({ agent, target, place: near, ways: out, forward, back, rttUs });
  };
  agents.forEach((agent, i) => {
    addPair(i, agent.gateway);
    addPair(i, agent.resolver);
    for (const target of dice.some(mesh, own)) addPair(i, target);
  });
  return { world, agents, targets, pairs: dice.some(pairs, pairs.length) };
};
