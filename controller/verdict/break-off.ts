import type { Element } from './elements.ts';
import type { Event } from './refine.ts';
import type { Setting } from './rank.ts';
import type { Way } from './ways.ts';

/** A trace that was made while an event was in force, over a pair that it hits, beside what the pair's way is otherwise. */
export interface Witness {
  readonly pair: number;
  readonly way: Way;
  readonly usual: readonly (number | null)[];
  /** The share of the packets lost in its round. */
  readonly loss: number;
}

/** Below this share three tries a hop answer nearly always. */
const TELLING_LOSS = 0.25;
/** How often a hop that answers otherwise is silent, or one beyond a fault answers all the same (another way, another moment). */
const SLIP = 0.08;
/** A fault may sit on the way back only: then hops say less. */
const BACKWARD = 0.25;

/** The traces that can tell where an event sits. */
export const witnessesOf = (setting: Setting, event: Event): Witness[] => {
  const { start, step, rounds } = setting.given;
  return setting.ways.flatMap((own, pair) =>
    own.flatMap((way) => {
      const round = Math.floor((way.at - start) / step);
      if (round < 0 || round >= rounds || (event.gains[pair] ?? 0) < 2) return [];
      const loss = event.profile.loss[round] ?? 0;
      const usual = own.findLast((other) => other !== way && other.reached && sameStart(other, way))?.hops;
      return loss < TELLING_LOSS || usual === undefined ? [] : [{ pair, way, usual, loss }];
    }),
  );
};

const sameStart = (a: Way, b: Way): boolean => b.hops.every((hop, i) => hop === null || (a.hops[i] ?? null) === null || a.hops[i] === hop);

/** What the hops that answered, and those that did not, say about an element: nats for (positive) or against it. */
export const breakOff = (setting: Setting, witnesses: readonly Witness[], element: Element): number => {
  let sum = 0;
  for (const { pair, way, usual, loss } of witnesses) {
    const from = meets(setting, element, pair, usual);
    if (from === null) continue;
    const answersBeyond = Math.max(SLIP, 1 - loss ** 3);
    let forward = 0;
    let neutral = 0;
    usual.forEach((hop, i) => {
      if (hop === null) return;
      const answered = (way.hops[i] ?? null) !== null;
      const chance = i >= from ? answersBeyond * (1 - SLIP) : 1 - SLIP;
      forward += Math.log(answered ? chance : 1 - chance);
      const blind = 0.5 * (1 - SLIP) + 0.5 * answersBeyond * (1 - SLIP);
      neutral += Math.log(answered ? blind : 1 - blind);
    });
    const most = Math.max(forward, neutral);
    sum += Math.max(-6, most + Math.log((1 - BACKWARD) * Math.exp(forward - most) + BACKWARD * Math.exp(neutral - most)) - neutral);
  }
  return Math.max(-15, Math.min(15, sum));
};

/** The position of the first hop of a way that lies beyond the element; `null`: the way does not pass it. */
const meets = ({ given }: Setting, element: Element, pair: number, usual: readonly (number | null)[]): number | null => {
  switch (element.kind) {
    case 'agent':
      return 0;
    case 'first-mile':
      return 1;
    case 'target':
    case 'last-link':
      return usual.length;
    case 'target-site':
      return Math.max(0, usual.length - 1);
    case 'provider': {
      const at = usual.findIndex((hop) => hop !== null && `AS${given.hops.asn[hop] ?? ''}` === element.element);
      return at < 0 ? null : at;
    }
    case 'hop':
    case 'link': {
      const places = element.hops.map((hop) => usual.indexOf(hop));
      if (!element.passes.has(pair) || places.every((place) => place < 0)) return null;
      return Math.max(...places);
    }
    default:
      return element.kind satisfies never;
  }
};
