import type { Suspect } from './answer.ts';
import type { VerdictCase } from './case.ts';
import { type Way, waysOf } from './ways.ts';

export type Kind = 'agent' | 'first-mile' | 'hop' | 'link' | 'last-link' | 'provider' | 'target-site' | 'target';

/** Something that may fail, and the pairs that it would touch. */
export interface Element {
  readonly kind: Kind;
  readonly class: Suspect['class'];
  readonly element: string;
  /** How probable it is that each pair passes it; a pair that is missing passes it as far as anybody knows not at all. */
  readonly passes: ReadonlyMap<number, number>;
  /** The same as columns, with the logs of the probability and of its complement. */
  readonly members: Members;
  /** Pairs that pass one of several equal ways beside it: their way back may well lead over it. */
  readonly beside: ReadonlySet<number>;
  /** Hops that it consists of, by number: two for a link, none for what is known by label. */
  readonly hops: readonly number[];
}

export interface Members {
  readonly pairs: Int32Array;
  readonly weights: Float64Array;
  readonly logPass: Float64Array;
  readonly logMiss: Float64Array;
  /** Elements of the same members in the same strength share this name: the rounds cannot tell them apart. */
  readonly name: string;
}

/** How much each trace counts, by its age. */
const AGE_WEIGHT = { inWindow: 2, fresh: 1, old: 0.4 };
const OLD_SECONDS = 43_200;

/** Draft of an element: who shows it and who contradicts. */
interface Draft {
  readonly kind: Kind;
  readonly element: string;
  readonly hops: readonly number[];
  readonly passes: Map<number, number>;
}

/** Everything that can be named in a case, each with the pairs that pass it. Pure. */
export const elementsOf = (given: VerdictCase, ways: readonly (readonly Way[])[] = waysOf(given)): Element[] => {
  const drafts = new Map<string, Draft>();
  ways.forEach((own, pair) => {
    for (const [name, { kind, element, hops, weight }] of shownBy(given, own, pair)) {
      const draft = drafts.get(name) ?? { kind, element, hops, passes: new Map<number, number>() };
      drafts.set(name, draft);
      draft.passes.set(pair, weight);
    }
  });
  const fans = fansOf(given, ways);
  const traced = [...drafts.values()].map((draft): Element => {
    const beside = new Set(draft.hops.flatMap((hop) => [...(fans.get(hop) ?? [])]).filter((pair) => !draft.passes.has(pair)));
    return { ...draft, class: 'shared-path', members: membersOf(draft.passes), beside };
  });
  return [...labelled(given).map((element): Element => ({ ...element, members: membersOf(element.passes), beside: NOBODY })), ...traced];
};

const membersOf = (passes: ReadonlyMap<number, number>): Members => {
  const sorted = [...passes].toSorted(([a], [b]) => a - b);
  const weights = Float64Array.from(sorted, ([, weight]) => weight);
  return {
    pairs: Int32Array.from(sorted, ([pair]) => pair),
    weights,
    logPass: weights.map((weight) => Math.log(weight)),
    logMiss: weights.map((weight) => Math.log1p(-weight)),
    name: sorted.map(([pair, weight]) => `${pair}:${weight.toFixed(2)}`).join(),
  };
};

const NOBODY: ReadonlySet<number> = new Set();

/** For each hop the pairs whose ways part before it and meet behind it: the same ends, another hop or two between. */
const fansOf = (given: VerdictCase, ways: readonly (readonly Way[])[]): Map<number, Set<number>> => {
  const between = new Map<string, { readonly hops: Set<number>; readonly pairs: Set<number> }>();
  ways.forEach((own, pair) => {
    const end = `to ${given.targets.site[given.pairs.target[pair] ?? -1] ?? ''}`;
    for (const { hops } of own)
      for (let from = 0; from < hops.length - 1; from++)
        for (const to of [from + 2, from + 3]) {
          const before = hops[from] ?? null;
          const after = to < hops.length ? (hops[to] ?? null) : to === hops.length ? end : null;
          if (before === null || after === null) continue;
          const name = `${before}>${after}`;
          const place = between.get(name) ?? { hops: new Set<number>(), pairs: new Set<number>() };
          between.set(name, place);
          place.pairs.add(pair);
          for (const hop of hops.slice(from + 1, to)) if (hop !== null) place.hops.add(hop);
        }
  });
  const fans = new Map<number, Set<number>>();
  for (const { hops, pairs } of between.values()) {
    if (hops.size < 2 || pairs.size < 2) continue;
    for (const hop of hops) {
      const known = fans.get(hop) ?? new Set<number>();
      fans.set(hop, known);
      for (const pair of pairs) known.add(pair);
    }
  }
  return fans;
};

const certain = (pairs: readonly number[], weight: number): Map<number, number> => new Map(pairs.map((pair) => [pair, weight]));

/** Agents, first miles, targets and target sites: known by label, not by trace. */
const labelled = (given: VerdictCase): Omit<Element, 'beside' | 'members'>[] => {
  const { agents, targets, pairs } = given;
  const all = pairs.agent.map((_, pair) => pair);
  const byAgent = Map.groupBy(all, (pair) => pairs.agent[pair] ?? -1);
  const byTarget = Map.groupBy(all, (pair) => pairs.target[pair] ?? -1);
  const bySite = Map.groupBy(all, (pair) => agents.site[pairs.agent[pair] ?? -1] ?? null);
  const byTargetSite = Map.groupBy(all, (pair) => {
    const target = pairs.target[pair] ?? -1;
    return targets.kind[target] === 'target' ? (targets.site[target] ?? null) : null;
  });
  const found: Omit<Element, 'beside' | 'members'>[] = [];
  for (const [agent, own] of byAgent)
    found.push({ kind: 'agent', class: 'agent', element: agents.id[agent] ?? '', passes: certain(own, 0.995), hops: [] });
  for (const [target, own] of byTarget)
    found.push({
      kind: 'target',
      class: 'target',
      element: targets.id[target] ?? '',
      // A target in several places may fail in one of them.
      passes: certain(own, targets.site[target] === null && targets.kind[target] === 'target' ? 0.8 : 0.99),
      hops: [],
    });
  for (const [site, own] of bySite) {
    if (site === null) continue;
    const beyond = own.filter((pair) => targets.kind[pairs.target[pair] ?? -1] !== 'gateway');
    found.push({ kind: 'first-mile', class: 'first-mile', element: site, passes: certain(own, 0.99), hops: [] });
    if (beyond.length < own.length && beyond.length > 0)
      found.push({ kind: 'first-mile', class: 'first-mile', element: site, passes: certain(beyond, 0.99), hops: [] });
  }
  // Without any trace the upstream that an operator wrote down says who shares a path.
  const byUpstream = Map.groupBy(given.traces.pair.length > 0 ? [] : all, (pair) => {
    const isFar = targets.kind[pairs.target[pair] ?? -1] === 'target';
    return isFar ? (agents.upstream[pairs.agent[pair] ?? -1] ?? null) : null;
  });
  for (const [upstream, own] of byUpstream)
    if (upstream !== null)
      found.push({ kind: 'provider', class: 'shared-path', element: `AS${upstream}`, passes: certain(own, 0.9), hops: [] });
  for (const [site, own] of byTargetSite)
    if (site !== null)
      found.push({ kind: 'target-site', class: 'shared-path', element: `site:${site}`, passes: certain(own, 0.98), hops: [] });
  return found;
};

interface Shown {
  readonly kind: Kind;
  readonly element: string;
  readonly hops: readonly number[];
  readonly weight: number;
}

/** What the traces of one pair show, with the probability that its probes pass it. */
const shownBy = (given: VerdictCase, own: readonly Way[], pair: number): Map<string, Shown> => {
  const address = given.targets.address[given.pairs.target[pair] ?? -1] ?? null;
  const votes = new Map<string, { shown: Omit<Shown, 'weight'>; by: Map<Way, number> }>();
  const vote = (way: Way, kind: Kind, element: string, hops: readonly number[], share: number): void => {
    const name = `${kind} ${element}`;
    const known = votes.get(name) ?? { shown: { kind, element, hops }, by: new Map<Way, number>() };
    votes.set(name, known);
    known.by.set(way, Math.max(known.by.get(way) ?? 0, share));
  };
  for (const way of own) voteWay(given, way, address, (kind, element, hops, share) => vote(way, kind, element, hops, share));
  const found = new Map<string, Shown>();
  for (const [name, { shown, by }] of votes) {
    let pro = 0;
    let contra = 0;
    for (const way of own) {
      const weight = way.inWindow ? AGE_WEIGHT.inWindow : given.start - way.at > OLD_SECONDS ? AGE_WEIGHT.old : AGE_WEIGHT.fresh;
      const share = by.get(way);
      if (share !== undefined) pro += weight * share;
      if (share === undefined ? contradicts(way, shown.hops, own) : false) contra += weight;
      if (share !== undefined && share < 1) contra += weight * (1 - share);
    }
    const trust = pro >= AGE_WEIGHT.inWindow ? 0.95 : 0.88;
    found.set(name, { ...shown, weight: (trust * pro) / (pro + contra) });
  }
  return found;
};

const voteWay = (
  given: VerdictCase,
  way: Way,
  address: string | null,
  vote: (kind: Kind, element: string, hops: readonly number[], share: number) => void,
): void => {
  const addressOf = (hop: number): string => given.hops.address[hop] ?? '';
  const seen = way.hops.flatMap((hop, position) => (hop === null ? [] : [{ hop, position }]));
  seen.forEach(({ hop, position }, i) => {
    vote('hop', addressOf(hop), [hop], 1);
    const asn = given.hops.asn[hop] ?? null;
    if (asn !== null) vote('provider', `AS${asn}`, [], 1);
    const next = seen[i + 1];
    if (next !== undefined) vote('link', linkName(addressOf(hop), addressOf(next.hop)), [hop, next.hop], 1);
    else if (way.reached && address !== null) vote('last-link', linkName(addressOf(hop), address), [hop], 1);
    const guesses = next !== undefined && next.position === position + 2 ? way.guesses.get(position + 1) : undefined;
    for (const guess of guesses ?? []) {
      const share = 0.7 / (guesses?.length ?? 1);
      vote('hop', addressOf(guess), [guess], share);
      vote('link', linkName(addressOf(hop), addressOf(guess)), [hop, guess], share);
      if (next !== undefined) vote('link', linkName(addressOf(guess), addressOf(next.hop)), [guess, next.hop], share);
    }
  });
};

/** The name of a link: its two ends, the smaller one first. */
export const linkName = (a: string, b: string): string => (a < b ? `${a}>${b}` : `${b}>${a}`);

/** Whether a way shows another hop where the element stands in the pair's other ways; silence and a break say nothing. */
const contradicts = (way: Way, hops: readonly number[], own: readonly Way[]): boolean => {
  if (hops.length === 0) return false;
  return hops.some((hop) => {
    if (way.hops.includes(hop)) return false;
    const elsewhere = own.find((other) => other.hops.includes(hop) || [...other.guesses.values()].some((guess) => guess.includes(hop)));
    const position = elsewhere === undefined ? -1 : elsewhere.hops.indexOf(hop);
    return position >= 0 && position < way.hops.length && way.hops[position] !== null;
  });
};
