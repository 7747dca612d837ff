import type { Cause, Where } from './causes.ts';
import type { Scene } from './scene.ts';
import type { DrawnTrace } from './traces.ts';

export type Named = readonly [cls: string, element: string];

export interface TrueIncident {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly localisable: boolean;
  readonly accept: readonly Named[];
  readonly pairs: number;
  readonly strata: Readonly<Record<string, string>>;
  readonly magnitude: { readonly loss: number; readonly delay_ms: number };
}

export interface Truth {
  readonly case: string;
  readonly quiet: boolean;
  readonly strata: Readonly<Record<string, string | readonly string[]>>;
  readonly incidents: readonly TrueIncident[];
}

/** Element → pairs, as one way of looking shows it. */
type View = ReadonlyMap<string, ReadonlySet<number>>;
const key = ([cls, element]: Named): string => `${cls} ${element}`;
const link = (a: string, b: string): string => [a, b].toSorted().join('>');

/** Everything that can be named, from the hops that each pair shows. */
const viewOf = ({ world, agents, targets, pairs }: Scene, shown: (pair: number) => readonly (readonly (number | null)[])[]): View => {
  const view = new Map<string, Set<number>>();
  const add = (cls: string, element: string, pair: number): void => {
    const name = key([cls, element]);
    view.set(name, (view.get(name) ?? new Set()).add(pair));
  };
  pairs.forEach((pair, p) => {
    const agent = agents[pair.agent];
    const target = targets[pair.target];
    if (agent === undefined || target === undefined) return;
    add('agent', agent.id, p);
    add('first-mile', agent.site.id, p);
    if (target.kind !== 'gateway') add('first-mile beyond', agent.site.id, p);
    add('target', target.id, p);
    if (target.site !== null && target.kind === 'target') add('shared-path', `site:${target.site}`, p);
    for (const hops of shown(p)) {
      const seen = hops.flatMap((hop) => world.routers[hop ?? -1] ?? []);
      seen.forEach((router, i) => {
        const next = seen[i + 1];
        add('shared-path', router.address, p);
        if (router.asnKnown) add('shared-path', `AS${router.asn}`, p);
        add('shared-path', link(router.address, next?.address ?? target.address), p);
      });
    }
  });
  return view;
};

const same = (a: ReadonlySet<number> | undefined, b: ReadonlySet<number>): boolean =>
  a !== undefined && a.size === b.size && [...a].every((one) => b.has(one));

/** The names of the cause itself; a silent router goes by its neighbours in the traces where it sits. */
const ownNames = (scene: Scene, where: Where): Named[] => {
  const { world, agents, targets, pairs } = scene;
  const addressOf = (router: number): string | null =>
    (world.routers[router]?.silent ?? 1) === 1 ? null : (world.routers[router]?.address ?? null);
  switch (where.at) {
    case 'agent':
      return [['agent', agents[where.agent]?.id ?? '']];
    case 'target':
      return [['target', targets[where.target]?.id ?? '']];
    case 'system':
      return [['shared-path', `AS${where.asn}`]];
    case 'first-mile': {
      const agent = agents.find(({ site }) => site.router === where.router);
      const gateway = targets[agent?.gateway ?? -1];
      return [
        ['first-mile', agent?.site.id ?? ''],
        ['first-mile', gateway?.id ?? ''],
        ['first-mile', gateway?.address ?? ''],
      ];
    }
    case 'hop':
    case 'link': {
      const ends = where.at === 'hop' ? [where.router] : [where.a, where.b];
      const own = ends.map(addressOf);
      const [first, second] = own;
      if (where.at === 'hop' && first !== null && first !== undefined) return [['shared-path', first]];
      if (where.at === 'link' && first && second) return [['shared-path', link(first, second)]];
      return pairs.flatMap(({ forward, target }): Named[] => {
        const at = forward.findIndex((router, i) =>
          where.at === 'hop' ? router === where.router : ends.includes(router) && ends.includes(forward[i + 1] ?? -1),
        );
        if (at < 0) return [];
        const before = forward
          .slice(0, at + (where.at === 'hop' ? 0 : 1))
          .flatMap((router) => addressOf(router) ?? [])
          .at(-1);
        const after = forward.slice(at + 1).flatMap((router) => addressOf(router) ?? [])[0] ?? targets[target]?.address;
        return [
          ...(before !== undefined && after !== undefined ? [['shared-path', link(before, after)] as const] : []),
          ...(before === undefined ? [] : [['shared-path', before] as const]),
          ...(after === undefined ? [] : [['shared-path', after] as const]),
        ];
      });
    }
    default:
      return where satisfies never;
  }
};

const lossBand = (loss: number): string =>
  loss < 0.01 ? 'none' : loss < 0.03 ? '1-3 %' : loss < 0.1 ? '3-10 %' : loss < 0.3 ? '10-30 %' : '30-100 %';

/** What counts as right for each cause: whatever the data cannot tell from it. */
export const truthOf = (
  scene: Scene,
  causes: readonly Cause[],
  traces: readonly DrawnTrace[],
  alive: ReadonlySet<number>,
  at: (round: number) => number,
): TrueIncident[] => {
  const byPair = Map.groupBy(traces, ({ pair }) => pair);
  const views = [
    viewOf(scene, (p) => [scene.pairs[p]?.forward.map((router) => (scene.world.routers[router]?.silent === 1 ? null : router)) ?? []]),
    viewOf(scene, (p) => (byPair.get(p) ?? []).slice(-1).map(({ hops }) => hops)),
    viewOf(scene, (p) => (byPair.get(p) ?? []).map(({ hops }) => hops)),
  ].map((view) => new Map([...view].map(([name, of]) => [name, new Set([...of].filter((p) => alive.has(p)))])));
  return causes.map((cause): TrueIncident => {
    const hit = new Set([...cause.hits].filter((p) => alive.has(p)));
    const own = ownNames(scene, cause.where);
    const accepted = new Set(own.map(key));
    const told = cause.where.at === 'agent' && cause.where.health;
    for (const view of told ? [] : views) {
      const sets = [hit, ...own.flatMap((name) => view.get(key(name)) ?? [])];
      for (const [name, of] of view) if (of.size > 0 && sets.some((set) => same(set, of))) accepted.add(name);
    }
    const accept = new Set<string>();
    for (const name of accepted) {
      const mile = /^first-mile(?: beyond)? (.*)$/.exec(name)?.[1];
      const agent = scene.agents.find(({ site }) => site.id === mile);
      if (mile === undefined || agent === undefined) accept.add(name);
      else
        for (const alias of [mile, scene.targets[agent.gateway]?.id, scene.targets[agent.gateway]?.address])
          accept.add(`first-mile ${alias ?? ''}`);
    }
    const visible = [...accepted].some((name) =>
      views.some((view) => {
        const of = view.get(name) ?? new Set();
        const both = [...of].filter((p) => hit.has(p)).length;
        return both / (of.size + hit.size - both) >= 0.5;
      }),
    );
    return {
      kind: cause.kind,
      start: at(cause.from),
      end: at(cause.to),
      localisable: cause.class !== 'shared-path' || visible,
      accept: [...accept].toSorted().map((name): Named => {
        const space = name.indexOf(' ');
        return [name.slice(0, space), name.slice(space + 1)];
      }),
      pairs: hit.size,
      magnitude: { loss: cause.loss, delay_ms: cause.delayUs / 1000 },
      strata: {
        kind: cause.kind,
        class: cause.class,
        shape: cause.shape,
        where: visible ? 'visible' : 'hidden',
        loss: lossBand(cause.loss),
      },
    };
  });
};
