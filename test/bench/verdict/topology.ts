import { type Dice, hashOf } from './dice.ts';

/** A router: what a trace may show of it. `silent`: the share of traces in which it does not answer. */
export interface Router {
  readonly address: string;
  readonly asn: number;
  readonly asnKnown: boolean;
  readonly silent: number;
}

export interface Site {
  readonly id: string;
  readonly asn: number;
  readonly router: number;
  readonly country: string;
}

/** Routers by number, their links, and the sites on both ends. */
export interface World {
  readonly routers: readonly Router[];
  /** Neighbours of a router: one-way delay in µs and the routing weight. */
  readonly links: ReadonlyMap<number, ReadonlyMap<number, { readonly delayUs: number; readonly weight: number }>>;
  /** Autonomous systems that are neighbours. */
  readonly peers: ReadonlyMap<number, readonly number[]>;
  readonly agentSites: readonly Site[];
  readonly targetSites: readonly Site[];
  /** Routers of the agents' provider where resolvers stand. */
  readonly resolverRouters: ReadonlyMap<number, number>;
  readonly upstreamOf: ReadonlyMap<number, number>;
  readonly addressOf: () => string;
}

const COUNTRIES = ['DE', 'FR', 'NL', 'IT', 'SE', 'US', 'BR', 'JP', 'SG', 'PL', 'ES', 'GB'];

interface Draft {
  readonly routers: Router[];
  readonly links: Map<number, Map<number, { delayUs: number; weight: number }>>;
  readonly peers: Map<number, number[]>;
}

const connect = ({ links }: Draft, a: number, b: number, delayUs: number, weight: number): void => {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    const row = links.get(from) ?? new Map();
    links.set(from, row.set(to, { delayUs, weight }));
  }
};

/** One autonomous system of `size` routers: a ring with chords; where the weights are even, equal ways are common. */
const system = (draft: Draft, dice: Dice, asn: number, size: number, silence: number, address: () => string): number[] => {
  const spread = dice.logBetween(100, 6000);
  const isEven = dice.chance(0.12);
  const own = Array.from({ length: size }, () => {
    const silent = dice.chance(silence) ? (dice.chance(0.6) ? 1 : dice.between(0.2, 0.7)) : 0.01;
    draft.routers.push({ address: address(), asn, asnKnown: !dice.chance(0.06), silent });
    return draft.routers.length - 1;
  });
  const join = (a: number, b: number): void =>
    connect(draft, a, b, spread * dice.between(0.4, 1.6), isEven ? dice.whole(1, 2) : dice.between(3, 9));
  own.forEach((router, i) => {
    const next = own[(i + 1) % size];
    if (next !== undefined && next !== router) join(router, next);
  });
  for (let i = 0; i < size / 2; i++) {
    const [a, b] = dice.some(own, 2);
    if (a !== undefined && b !== undefined) join(a, b);
  }
  return own;
};

/** Draws a world: providers of the agents, their upstreams, backbones, and the systems of the targets. */
export const drawWorld = (dice: Dice, agents: number, silence: number): World => {
  const draft: Draft = { routers: [], links: new Map(), peers: new Map() };
  const used = new Set<string>();
  const addressOf = (): string => {
    const address = `${dice.pick(['10', '172', '198', '100'])}.${dice.whole(1, 254)}.${dice.whole(0, 254)}.${dice.whole(1, 254)}`;
    return used.has(address) ? addressOf() : (used.add(address), address);
  };
  let nextAsn = 64500;
  const systems = (count: number, low: number, high: number) =>
    Array.from({ length: count }, () => {
      nextAsn += dice.whole(1, 40);
      return { asn: nextAsn, routers: system(draft, dice, nextAsn, dice.whole(low, high), silence, addressOf) };
    });
  const sources = systems(dice.whole(1, 9), 4, 7);
  const upstreams = systems(
    dice.weighted([
      [2, 1],
      [3, 2],
      [2, 3],
      [1, 4],
    ]),
    5,
    10,
  );
  const backbones = systems(dice.whole(1, 3), 5, 10);
  const ends = systems(dice.whole(2, 6), 3, 6);
  const peer = (a: { asn: number; routers: number[] }, b: { asn: number; routers: number[] }): void => {
    const delayUs = dice.logBetween(500, 30_000);
    for (
      let i = 0;
      i <
      dice.weighted([
        [5, 1],
        [4, 2],
      ]);
      i++
    )
      connect(draft, dice.pick(a.routers), dice.pick(b.routers), delayUs * dice.between(0.8, 1.25), 2);
    draft.peers.set(a.asn, [...(draft.peers.get(a.asn) ?? []), b.asn]);
    draft.peers.set(b.asn, [...(draft.peers.get(b.asn) ?? []), a.asn]);
  };
  const upstreamOf = new Map<number, number>();
  for (const source of sources) {
    const chosen = dice.some(
      upstreams,
      dice.weighted([
        [3, 1],
        [1, 2],
      ]),
    );
    for (const one of chosen) peer(source, one);
    upstreamOf.set(source.asn, chosen[0]?.asn ?? 0);
  }
  upstreams.forEach((upstream, i) => {
    for (const other of upstreams.slice(i + 1)) peer(upstream, other);
    for (const backbone of dice.some(backbones, dice.whole(1, 3))) peer(upstream, backbone);
  });
  backbones.forEach((backbone, i) => {
    for (const other of backbones.slice(i + 1)) peer(backbone, other);
  });
  for (const end of ends)
    for (const one of dice.some(
      dice.chance(0.7) ? upstreams : backbones,
      dice.weighted([
        [3, 1],
        [2, 2],
      ]),
    ))
      peer(end, one);
  const site = (prefix: string, of: { asn: number; routers: number[] }, attach: readonly number[], hop: number): Site => {
    draft.routers.push({ address: addressOf(), asn: of.asn, asnKnown: true, silent: dice.chance(silence) ? dice.between(0.3, 1) : 0.01 });
    const router = draft.routers.length - 1;
    for (const to of attach) connect(draft, router, to, hop, 2);
    return {
      id: `${prefix}${Math.floor(dice.fraction() * 65_536)
        .toString(16)
        .padStart(4, '0')}`,
      asn: of.asn,
      router,
      country: dice.pick(COUNTRIES),
    };
  };
  const siteCount = Math.max(1, Math.round(agents / dice.between(1, 2.6)));
  const access = new Map(sources.map((source) => [source.asn, dice.some(source.routers, Math.max(1, source.routers.length - 2))]));
  const agentSites = Array.from({ length: siteCount }, () => {
    const source = dice.pick(sources);
    return site('s', source, [dice.pick(access.get(source.asn) ?? source.routers)], dice.logBetween(50, 800));
  });
  const targetSites = Array.from({ length: dice.whole(3, 14) }, () => {
    const end = dice.pick(ends);
    return site('d', end, dice.some(end.routers, dice.chance(0.8) ? 1 : 2), dice.logBetween(50, 2000));
  });
  const resolverRouters = new Map(sources.map((source) => [source.asn, dice.pick(source.routers)]));
  return { ...draft, agentSites, targetSites, resolverRouters, upstreamOf, addressOf };
};

/** The same world without one link; two systems that had no other are neighbours no more. */
export const withoutLink = (world: World, a: number, b: number): World => {
  const links = new Map(world.links);
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const)
    links.set(from, new Map([...(world.links.get(from) ?? [])].filter(([other]) => other !== to)));
  const systemOf = (router: number): number => world.routers[router]?.asn ?? 0;
  const [one, other] = [systemOf(a), systemOf(b)];
  const stillPeers = [...links].some(([from, row]) => systemOf(from) === one && [...row.keys()].some((to) => systemOf(to) === other));
  if (one === other || stillPeers) return { ...world, links };
  const peers = new Map(world.peers);
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const)
    peers.set(
      from,
      (world.peers.get(from) ?? []).filter((peer) => peer !== to),
    );
  return { ...world, links, peers };
};

/** The systems on the way; the choice between equal ways differs by direction, so that returns are asymmetric. */
const systemsBetween = ({ peers }: World, from: number, to: number): number[] => {
  const before = new Map<number, number>([[from, from]]);
  let ring = [from];
  while (ring.length > 0 && !before.has(to)) {
    const next: number[] = [];
    for (const at of ring.toSorted((a, b) => hashOf(a, from, to) - hashOf(b, from, to)))
      for (const peer of peers.get(at) ?? [])
        if (!before.has(peer)) {
          before.set(peer, at);
          next.push(peer);
        }
    ring = next;
  }
  const way = [to];
  for (let at = to; at !== from; ) {
    const previous = before.get(at);
    if (previous === undefined) return [];
    way.unshift(previous);
    at = previous;
  }
  return way;
};

/** All shortest paths inside one system, at most four. */
const inside = (world: World, from: number, to: number, allowed: (router: number) => boolean): { cost: number; paths: number[][] } => {
  const best = new Map<number, number>([[from, 0]]);
  const queue: number[] = [from];
  while (queue.length > 0) {
    queue.sort((a, b) => (best.get(b) ?? 0) - (best.get(a) ?? 0));
    const at = queue.pop();
    if (at === undefined) break;
    for (const [next, { weight }] of world.links.get(at) ?? []) {
      const cost = (best.get(at) ?? 0) + weight;
      if (!allowed(next) || cost >= (best.get(next) ?? Infinity)) continue;
      best.set(next, cost);
      queue.push(next);
    }
  }
  const back = (at: number): number[][] => {
    if (at === from) return [[from]];
    const paths: number[][] = [];
    for (const [previous, { weight }] of world.links.get(at) ?? [])
      if (allowed(previous) && Math.abs((best.get(previous) ?? Infinity) + weight - (best.get(at) ?? Infinity)) < 1e-9)
        for (const path of back(previous)) if (paths.length < 4) paths.push([...path, at]);
    return paths;
  };
  return best.has(to) ? { cost: best.get(to) ?? 0, paths: back(to) } : { cost: Infinity, paths: [] };
};

/** Every equal way between two routers (at most four), each the routers in order, both ends included. */
export const waysBetween = (world: World, from: number, to: number): number[][] => {
  const asnOf = (router: number): number => world.routers[router]?.asn ?? 0;
  let ways: number[][] = [[from]];
  const systems = systemsBetween(world, asnOf(from), asnOf(to));
  if (systems.length === 0) return [];
  let at = from;
  systems.forEach((asn, i) => {
    const next = systems[i + 1];
    const here = (router: number): boolean => asnOf(router) === asn;
    const extend = (exit: number, beyond: number | undefined): void => {
      const { paths } = inside(world, at, exit, here);
      ways = ways.flatMap((way) => paths.map((path) => [...way, ...path.slice(1), ...(beyond === undefined ? [] : [beyond])])).slice(0, 4);
      at = beyond ?? exit;
    };
    if (next === undefined) return extend(to, undefined);
    const exits = world.routers.flatMap((_, router) =>
      here(router)
        ? [...(world.links.get(router)?.keys() ?? [])].filter((to) => asnOf(to) === next).map((beyond) => ({ router, beyond }))
        : [],
    );
    const nearest = exits
      .map((exit) => ({
        ...exit,
        cost: inside(world, at, exit.router, here).cost + 0.1 * hashOf(exit.router, exit.beyond, from < to ? 0 : 1),
      }))
      .toSorted((a, b) => a.cost - b.cost)[0];
    if (nearest === undefined) ways = [];
    else extend(nearest.router, nearest.beyond);
  });
  return ways;
};
