import type { Element } from './elements.ts';
import { logSum } from './likelihood.ts';
import { type Candidate, priorOf, type Setting } from './rank.ts';
import type { Event } from './refine.ts';

/** Several causes that began together, of which one is looked at: the others' pairs say nothing of it. */
export interface Part {
  readonly element: Element;
  readonly event: Event;
}

/** How improbable it is that another cause begins in the same moment, nats. */
const COINCIDENCE = 14;
const PARTS_MAX = 3;
const WORTH_IT = 12;
/** A part must hit nearly all that passes it: it has no way back to be excused with. */
const HIT_LEAST = 0.8;
const CLEAR = 2;
/** A pair that suffers and that no part explains. */
const LOG_UNEXPLAINED = Math.log(0.002);

/**
 * Two targets that die in one round look like a line that is spared by half of its pairs. Where a greedy cover of clean elements explains the event
 * better than the best single one with its strays and its spared ones, the largest part of that cover; otherwise `undefined`. Pure.
 */
export const partOf = (setting: Setting, event: Event, single: Candidate): Part | undefined => {
  const clean = setting.elements.filter((element) => fits(element, event));
  const covered = new Set<number>();
  const parts: Element[] = [];
  let score = 0;
  while (parts.length < PARTS_MAX) {
    const [best, value] = largest(setting, clean, event, covered);
    if (best === undefined || value < WORTH_IT) break;
    parts.push(best);
    score += value;
    for (const pair of best.passes.keys()) covered.add(pair);
  }
  const [first] = parts;
  if (first === undefined || parts.length < 2) return undefined;
  event.returning.forEach((gain, pair) => {
    if (!covered.has(pair)) score += logSum(LOG_UNEXPLAINED + gain, 0);
  });
  if (score - COINCIDENCE * (parts.length - 1) <= single.score) return undefined;
  const only = (gains: Float64Array): Float64Array => gains.map((gain, pair) => (covered.has(pair) && !first.passes.has(pair) ? 0 : gain));
  return { element: first, event: { ...event, gains: only(event.gains), returning: only(event.returning) } };
};

/** Whether an event hits nearly all that passes an element. */
export const fits = ({ members: { pairs } }: Element, { gains }: Event): boolean => {
  let hit = 0;
  let spared = 0;
  for (const pair of pairs) {
    const gain = gains[pair] ?? 0;
    if (gain > CLEAR) hit++;
    else if (gain < -CLEAR) spared++;
  }
  return hit > 0 && hit >= HIT_LEAST * (hit + spared);
};

const largest = (
  setting: Setting,
  elements: readonly Element[],
  { gains }: Event,
  covered: ReadonlySet<number>,
): readonly [element: Element | undefined, value: number] => {
  let best: Element | undefined;
  let most = -Infinity;
  for (const element of elements) {
    const { pairs, logPass, logMiss } = element.members;
    let value = priorOf(setting, element);
    for (let i = 0; i < pairs.length; i++) {
      const pair = pairs[i] ?? 0;
      if (!covered.has(pair)) value += logSum((logPass[i] ?? 0) + (gains[pair] ?? 0), logMiss[i] ?? 0);
    }
    if (value > most) [best, most] = [element, value];
  }
  return [best, most];
};
