import type { Element } from './elements.ts';
import type { Candidate, Setting } from './rank.ts';
import type { Event } from './refine.ts';

/** A measurement that would part the candidates. */
export interface Deciding {
  /** `trace`: over a pair that suffers; where it breaks off, or gets slow, tells. `ping`: a pair that nobody measures yet. */
  readonly kind: 'trace' | 'ping';
  readonly agent: string;
  readonly target: string;
  /** What it is expected to tell, bits. */
  readonly bits: number;
  /** The candidates that speak for one outcome, and those for the other. */
  readonly parts: readonly [readonly string[], readonly string[]];
}

const CANDIDATES_MAX = 8;
/** How surely a new pair over the cause suffers, and one beside it does not. */
const SUFFERS = 0.93;
const SUFFERS_ANYWAY = 0.04;
/** How surely a trace shows the place: with heavy loss it breaks off, with little it may not. */
const TRACE_TRUST = { heavy: 0.85, light: 0.4 } as const;
const HEAVY_LOSS = 0.25;
const BITS_LEAST = 0.05;
const OFFERED = 5;

/**
 * Which measurements would decide between the candidates of one event, the most telling first: expected information in bits, from how probable each
 * candidate is and what it says of the outcome. Empty when one candidate is as good as certain or nothing can part them. Pure.
 */
export const whatWouldDecide = (setting: Setting, event: Event, candidates: readonly Candidate[]): Deciding[] => {
  const open = distinct(candidates);
  if (open.length < 2) return [];
  return [...traces(setting, event, open), ...newPairs(setting, open)]
    .filter(({ bits }) => bits >= BITS_LEAST)
    .toSorted((a, b) => b.bits - a.bits)
    .filter(onceForEachAgent())
    .slice(0, OFFERED);
};

interface Open {
  readonly element: Element;
  readonly share: number;
}

const distinct = (candidates: readonly Candidate[]): Open[] => {
  const best = candidates[0]?.score ?? 0;
  const kept = new Map<string, { element: Element; weight: number }>();
  for (const { element, score } of candidates) {
    const weight = Math.exp(Math.max(-20, score - best));
    if (weight < 0.01 || kept.size === CANDIDATES_MAX) break;
    if (!kept.has(element.members.name)) kept.set(element.members.name, { element, weight });
  }
  const all = [...kept.values()].reduce((sum, { weight }) => sum + weight, 0);
  return [...kept.values()].map(({ element, weight }) => ({ element, share: weight / all }));
};

/** Three agents say more than three traces of one. */
const onceForEachAgent = (): ((one: Deciding) => boolean) => {
  const seen = new Map<string, number>();
  return ({ kind, agent }) => {
    const name = `${kind} ${agent}`;
    seen.set(name, (seen.get(name) ?? 0) + 1);
    return (seen.get(name) ?? 0) === 1;
  };
};

const entropy = (shares: readonly number[]): number => shares.reduce((sum, share) => sum - (share > 0 ? share * Math.log2(share) : 0), 0);

const names = (open: readonly Open[]): string[] => open.map(({ element }) => element.element);

/** A trace over a pair that suffers now: the candidates stand at different places of its way. */
const traces = (setting: Setting, event: Event, open: readonly Open[]): Deciding[] => {
  const { given, ways } = setting;
  const trust = event.loss >= HEAVY_LOSS ? TRACE_TRUST.heavy : TRACE_TRUST.light;
  return ways.flatMap((own, pair) => {
    const usual = own.findLast(({ reached }) => reached)?.hops;
    if (usual === undefined || (event.gains[pair] ?? 0) < 2) return [];
    const byPlace = Map.groupBy(open, ({ element }) => placeOf(given, element, usual));
    if (byPlace.size < 2) return [];
    const [first = [], ...rest] = [...byPlace.values()];
    const bits = trust * entropy([...byPlace.values()].map((those) => those.reduce((sum, { share }) => sum + share, 0)));
    return [
      {
        kind: 'trace' as const,
        ...ends(setting, given.pairs.agent[pair] ?? -1, given.pairs.target[pair] ?? -1),
        bits,
        parts: [names(first), names(rest.flat())] as const,
      },
    ];
  });
};

const placeOf = (given: Setting['given'], element: Element, usual: readonly (number | null)[]): number => {
  switch (element.kind) {
    case 'agent':
      return -1;
    case 'first-mile':
      return 0;
    case 'provider':
      return usual.findIndex((hop) => hop !== null && `AS${given.hops.asn[hop] ?? ''}` === element.element);
    case 'hop':
    case 'link':
      return Math.max(...element.hops.map((hop) => usual.indexOf(hop)));
    case 'target-site':
      return usual.length - 1;
    case 'target':
    case 'last-link':
      return usual.length;
    default:
      return element.kind satisfies never;
  }
};

/** A pair that nobody measures: whether it passes a candidate is guessed from the pairs between the same two sites. */
const newPairs = (setting: Setting, open: readonly Open[]): Deciding[] => {
  const { given, siblings } = setting;
  const measured = new Set(given.pairs.agent.map((agent, pair) => `${agent} ${given.pairs.target[pair] ?? -1}`));
  const interesting = new Set(
    open.flatMap(({ element }) => [...element.passes.keys()].slice(0, 200).map((pair) => given.pairs.target[pair] ?? -1)),
  );
  const found: Deciding[] = [];
  given.agents.id.forEach((_, agent) => {
    for (const target of interesting) {
      if (given.targets.kind[target] !== 'target' || measured.has(`${agent} ${target}`)) continue;
      const alike =
        siblings.get(`${given.agents.site[agent] ?? `agent ${agent}`}|${given.targets.site[target] ?? `target ${target}`}`) ?? [];
      const suffers = open.map(
        ({ element }) => SUFFERS_ANYWAY + (SUFFERS - SUFFERS_ANYWAY) * passing(given, element, agent, target, alike),
      );
      const bits = information(open, suffers);
      const over = open.filter((_one, i) => (suffers[i] ?? 0) > 0.5);
      const beside = open.filter((_one, i) => (suffers[i] ?? 0) <= 0.5);
      if (over.length > 0 && beside.length > 0)
        found.push({ kind: 'ping', ...ends(setting, agent, target), bits, parts: [names(over), names(beside)] });
    }
  });
  return found;
};

const passing = (given: Setting['given'], element: Element, agent: number, target: number, alike: readonly number[]): number => {
  if (element.kind === 'agent') return element.element === given.agents.id[agent] ? 1 : 0;
  if (element.kind === 'first-mile') return element.element === given.agents.site[agent] ? 1 : 0;
  if (element.kind === 'target') return element.element === given.targets.id[target] ? 1 : 0;
  if (element.kind === 'target-site') return element.element === `site:${given.targets.site[target] ?? ''}` ? 1 : 0;
  if (alike.length === 0) return 0;
  return alike.reduce((sum, pair) => sum + (element.passes.get(pair) ?? 0), 0) / alike.length;
};

/** Mutual information between "which candidate" and "does it suffer", bits. */
const information = (open: readonly Open[], suffers: readonly number[]): number => {
  const binary = (p: number): number => entropy([p, 1 - p]);
  const overall = open.reduce((sum, { share }, i) => sum + share * (suffers[i] ?? 0), 0);
  return binary(overall) - open.reduce((sum, { share }, i) => sum + share * binary(suffers[i] ?? 0), 0);
};

const ends = ({ given }: Setting, agent: number, target: number): { readonly agent: string; readonly target: string } => ({
  agent: given.agents.id[agent] ?? '',
  target: given.targets.id[target] ?? '',
});
