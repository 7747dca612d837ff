import type { VerdictCase } from './case.ts';
import type { Element, Kind } from './elements.ts';
import { logSum } from './likelihood.ts';
import type { Event } from './refine.ts';
import type { Way } from './ways.ts';

/** An element as a candidate for one event. `score`: gain in nats over "nothing happened", what speaks for and against it summed. */
export interface Candidate {
  readonly element: Element;
  readonly score: number;
}

/** What is known of a case beside its rounds; built once for each case. */
export interface Setting {
  readonly given: VerdictCase;
  readonly ways: readonly (readonly Way[])[];
  readonly elements: readonly Element[];
  /** Pairs that start at one site and end at one place: they probably share their ways, there and back. */
  readonly siblings: ReadonlyMap<string, readonly number[]>;
  readonly siblingKey: readonly string[];
  /** Networks in which agents and targets are, as elements. */
  readonly ends: ReadonlySet<string>;
}

/** How likely each kind is to fail, before anything is seen (nats). */
const PRIOR: Readonly<Record<Kind, number>> = {
  agent: 0,
  'first-mile': 0,
  hop: -1,
  link: -0.7,
  'last-link': -1.5,
  provider: -1.5,
  'target-site': -0.7,
  target: 0,
};

/** The network of an agent or of a target seldom fails as a whole: a first mile or a site does. */
const END_NETWORK = -4;
export const priorOf = ({ ends }: Setting, { kind, element }: Element): number =>
  PRIOR[kind] + (kind === 'provider' && ends.has(element) ? END_NETWORK : 0);

/** A pair that no trace leads over a labelled element does not belong to it, whatever else it suffers from. */
const STRAY = 0.0004;
/** Beside a pair that passes it, one of the same sites may pass it too: its trace is old or of another equal way. */
const STRAY_SIBLING = 0.05;
/** Beside it, on another of several equal ways: the way back is drawn anew, and leads over it about as often as the ways out do. */
const STRAY_BESIDE_MOST = 0.1;
const besideWeight = ({ passes, beside }: Element): number =>
  Math.max(STRAY_SIBLING, Math.min(STRAY_BESIDE_MOST, (0.9 * passes.size) / (passes.size + beside.size)));
/** Pairs of the same two sites share their way back, which no trace shows: it may lead over the element. */
const STRAY_GROUP = 0.03;
const STRAY_GROUP_MEMBER = 0.85;
const STRAY_ALONE = 0.002;

export const settingOf = (given: VerdictCase, ways: readonly (readonly Way[])[], elements: readonly Element[]): Setting => {
  const siblingKey = given.pairs.agent.map((agent, pair) => {
    const target = given.pairs.target[pair] ?? -1;
    return `${given.agents.site[agent] ?? `agent ${agent}`}|${given.targets.site[target] ?? `target ${target}`}`;
  });
  const siblings = Map.groupBy(siblingKey.keys(), (pair) => siblingKey[pair] ?? '');
  const ends = new Set([...given.agents.asn, ...given.targets.asn].map((asn) => `AS${asn ?? ''}`));
  return { given, ways, elements, siblings, siblingKey, ends };
};

/** What pairs that no trace leads over an element add to its score: each pair, and the groups of pairs between the same two sites. */
interface Strays {
  readonly alone: Float64Array;
  readonly sibling: Float64Array;
  readonly gains: Float64Array;
  readonly alonePerPair: number;
  readonly group: ReadonlyMap<string, number>;
  readonly groups: number;
}

const straysOf = ({ siblings }: Setting, { returning: gains }: Event): Strays => {
  const alone = gains.map((gain) => mixed(STRAY, gain));
  const group = new Map<string, number>();
  for (const [name, pairs] of siblings) group.set(name, logSum(...groupLogs(pairs, gains)));
  const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
  return {
    alone,
    sibling: gains.map((gain) => mixed(STRAY_SIBLING, gain)),
    gains,
    alonePerPair: sum(alone),
    group,
    groups: sum(group.values()),
  };
};

/** log of "their way back does not pass it" and of "it does", each with how well the pairs fit. */
const groupLogs = (pairs: readonly number[], gains: Float64Array): [number, number] => {
  // Sites that are not touched say nothing: a large mesh is no evidence against what traces show.
  let apart = 0;
  let together = Math.log(STRAY_GROUP);
  for (const pair of pairs) {
    apart += mixed(STRAY_ALONE, gains[pair] ?? 0);
    together += mixed(STRAY_GROUP_MEMBER, gains[pair] ?? 0);
  }
  return [apart, together];
};

/** How well each element explains an event, best first. Pure. */
export const rank = (setting: Setting, event: Event, extra: (element: Element) => number): Candidate[] => {
  const { gains } = event;
  const strays = straysOf(setting, event);
  const candidates: Candidate[] = [];
  for (const element of setting.elements) {
    let members = 0;
    const { pairs, logPass, logMiss } = element.members;
    for (let i = 0; i < pairs.length; i++) members += logSum((logPass[i] ?? 0) + (gains[pairs[i] ?? 0] ?? 0), logMiss[i] ?? 0);
    if (members <= 2) continue;
    const score =
      members +
      (isOnTheWay(element) ? besides(setting, element, strays) : strays.alonePerPair - ownStrays(element, strays)) +
      priorOf(setting, element);
    candidates.push({ element, score });
  }
  const best = candidates.reduce((most, { score }) => Math.max(most, score), -Infinity);
  // What traces and health say costs time: only for those that are near.
  return candidates
    .filter(({ score }) => score > best - 25)
    .map(({ element, score }) => ({ element, score: score + extra(element) }))
    .toSorted((a, b) => b.score - a.score);
};

const mixed = (weight: number, gain: number): number => logSum(Math.log(weight) + gain, Math.log1p(-weight));

/** Known by what operators wrote down, not by traces. */
export const isLabelled = ({ kind }: Element): boolean =>
  kind === 'agent' || kind === 'first-mile' || kind === 'target' || kind === 'target-site';

/** Known by traces, which show one way of several and only the way out. */
const isOnTheWay = ({ kind }: Element): boolean => kind === 'hop' || kind === 'link' || kind === 'provider';

const ownStrays = (element: Element, { alone }: Strays): number => {
  let sum = 0;
  for (const pair of element.passes.keys()) sum += alone[pair] ?? 0;
  return sum;
};

const besides = (setting: Setting, element: Element, { sibling, gains, group, groups }: Strays): number => {
  const weight = besideWeight(element);
  let sum = groups;
  const seen = new Set<string>();
  const touch = (pair: number): void => {
    const name = setting.siblingKey[pair] ?? '';
    if (seen.has(name)) return;
    seen.add(name);
    sum -= group.get(name) ?? 0;
    for (const one of setting.siblings.get(name) ?? [])
      if (!element.passes.has(one)) sum += element.beside.has(one) ? mixed(weight, gains[one] ?? 0) : (sibling[one] ?? 0);
  };
  for (const pair of element.passes.keys()) touch(pair);
  for (const pair of element.beside) touch(pair);
  return sum;
};

/**
 * How much each pair is believed to be hit: members, and those that probably share their way. `strays` adds those whose way back may lead over it, which
 * nothing shows but that they suffer alike: enough to tell an echo, too little to take them from another cause.
 */
export const believed = (
  setting: Setting,
  element: Element,
  { gains, returning }: Pick<Event, 'gains' | 'returning'>,
  strays = false,
): Float64Array => {
  const hit = new Float64Array(gains.length);
  for (const [pair, weight] of element.passes) hit[pair] = belief(weight, gains[pair] ?? 0);
  if (!isOnTheWay(element)) return hit;
  const near = new Set([...element.passes.keys(), ...element.beside].map((pair) => setting.siblingKey[pair] ?? ''));
  const beside = besideWeight(element);
  for (const [name, pairs] of setting.siblings) {
    const isNear = near.has(name);
    if (!isNear && !strays) continue;
    const [apart, together] = isNear ? [0, 0] : groupLogs(pairs, returning);
    const share = isNear ? 1 : 1 / (1 + Math.exp(apart - together));
    for (const pair of pairs) {
      if (element.passes.has(pair)) continue;
      const weight = isNear ? (element.beside.has(pair) ? beside : STRAY_SIBLING) : STRAY_GROUP_MEMBER;
      hit[pair] = share * belief(weight, returning[pair] ?? 0);
    }
  }
  return hit;
};

const belief = (weight: number, gain: number): number => {
  const odds = (weight / (1 - weight)) * Math.exp(Math.max(-40, Math.min(40, gain)));
  return odds / (1 + odds);
};
