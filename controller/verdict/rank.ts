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

/** A pair that no trace leads over the element may pass it all the same: its trace is old, of another equal way, or the fault sits on the way back. */
const STRAY_SIBLING = 0.04;
const STRAY = 0.0004;

export const settingOf = (given: VerdictCase, ways: readonly (readonly Way[])[], elements: readonly Element[]): Setting => {
  const siblingKey = given.pairs.agent.map((agent, pair) => {
    const target = given.pairs.target[pair] ?? -1;
    return `${given.agents.site[agent] ?? `agent ${agent}`}|${given.targets.site[target] ?? `target ${target}`}`;
  });
  const siblings = Map.groupBy(siblingKey.keys(), (pair) => siblingKey[pair] ?? '');
  return { given, ways, elements, siblings, siblingKey };
};

/** How well each element explains an event, best first. Pure. */
export const rank = (setting: Setting, event: Event, extra: (element: Element) => number): Candidate[] => {
  const { gains } = event;
  const strayGain = new Float64Array(gains.length);
  const siblingGain = new Float64Array(gains.length);
  let strays = 0;
  for (let pair = 0; pair < gains.length; pair++) {
    strayGain[pair] = mixed(STRAY, gains[pair] ?? 0);
    siblingGain[pair] = mixed(STRAY_SIBLING, gains[pair] ?? 0);
    strays += strayGain[pair] ?? 0;
  }
  const candidates: Candidate[] = [];
  for (const element of setting.elements) {
    let members = 0;
    for (const [pair, weight] of element.passes) members += mixed(weight, gains[pair] ?? 0) - (strayGain[pair] ?? 0);
    if (members <= 2) continue;
    const score = strays + members + siblingsOf(setting, element, siblingGain, strayGain) + PRIOR[element.kind];
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

const siblingsOf = (setting: Setting, element: Element, siblingGain: Float64Array, strayGain: Float64Array): number => {
  if (element.hops.length === 0 && element.kind !== 'provider') return 0;
  let sum = 0;
  const seen = new Set<string>();
  for (const pair of element.passes.keys()) {
    const name = setting.siblingKey[pair] ?? '';
    if (seen.has(name)) continue;
    seen.add(name);
    for (const sibling of setting.siblings.get(name) ?? [])
      if (!element.passes.has(sibling)) sum += (siblingGain[sibling] ?? 0) - (strayGain[sibling] ?? 0);
  }
  return sum;
};

/** How much each pair is believed to be hit, strays included. */
export const believed = (setting: Setting, element: Element, gains: Float64Array): Float64Array => {
  const near = new Set([...element.passes.keys()].map((pair) => setting.siblingKey[pair] ?? ''));
  return gains.map((gain, pair) => {
    const weight = element.passes.get(pair) ?? (near.has(setting.siblingKey[pair] ?? '') && element.hops.length > 0 ? STRAY_SIBLING : STRAY);
    const odds = (weight / (1 - weight)) * Math.exp(Math.max(-40, Math.min(40, gain)));
    return odds / (1 + odds);
  });
};
