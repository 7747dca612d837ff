import { middle } from './evidence.ts';
import type { Setting } from './rank.ts';
import type { Event } from './refine.ts';

/** Another way with another RTT is no fault; a way that loses more than this is no better way. */
const LOSS_MOST = 0.08;
/** Another member of equal ways says little: others between the same sites showed it before. */
const ANOTHER = 0.4;
const ODDS_MOST = 6;

/** What tells an event that only lifts RTTs from a change of the way. */
export interface Lift {
  /**
   * log-odds of "the same way" against "another way", at most 6 nats: do the traces of the pairs that are hit, made after it began, still show the way
   * from before? How many traces are outdated differs from place to place, so the share that shows the old way is Beta(4, 1) where nothing moved and
   * Beta(1, 3) where the pairs were moved, and this is the ratio of the two beta-binomials. 0 without traces.
   */
  readonly sameWay: number;
}

/** `null`: the event loses too much, or rises over too many rounds, to be another way. Pure. */
export const liftOf = (setting: Setting, event: Event): Lift | null => {
  if (event.liftUs === 0 || event.loss > LOSS_MOST || isRamp(event)) return null;
  const { same, moved } = waysAfter(setting, event);
  const odds = Math.log(((4 / 3) * (same + 1) * (same + 2) * (same + 3)) / ((moved + 1) * (moved + 2) * (same + moved + 4)));
  return { sameWay: Math.max(-ODDS_MOST, Math.min(ODDS_MOST, odds)) };
};

const waysAfter = (setting: Setting, event: Event): { readonly same: number; readonly moved: number } => {
  const { start, step } = setting.given;
  const begin = start + event.span.from * step;
  const known = hopsBefore(setting, begin);
  let same = 0;
  let moved = 0;
  setting.ways.forEach((own, pair) => {
    if ((event.gains[pair] ?? 0) < 3) return;
    const before = own.findLast(({ at }) => at < begin);
    for (const after of own) {
      if (after.at < begin + step || before === undefined) continue;
      const usual = known.get(setting.siblingKey[pair] ?? '');
      const others = after.hops.filter((hop, i) => hop !== null && (before.hops[i] ?? null) !== null && hop !== before.hops[i]);
      // A silent hop hides who stands there, not how many hops there are.
      const isLonger = after.reached && before.reached && after.hops.length !== before.hops.length;
      if (others.length === 0 && !isLonger) same++;
      else moved += isLonger || others.some((hop) => hop !== null && usual?.has(hop) !== true) ? 1 : ANOTHER;
    }
  });
  return { same, moved };
};

/** Hops that traces between the same two sites showed before a moment. */
const hopsBefore = ({ ways, siblingKey }: Setting, begin: number): Map<string, Set<number>> => {
  const known = new Map<string, Set<number>>();
  ways.forEach((own, pair) => {
    const name = siblingKey[pair] ?? '';
    const hops = known.get(name) ?? new Set<number>();
    known.set(name, hops);
    for (const { at, hops: shown } of own) if (at < begin) for (const hop of shown) if (hop !== null) hops.add(hop);
  });
  return known;
};

/** Another way has its RTT at once; what rises over many rounds is load. */
const isRamp = ({ profile: { liftUs } }: Event): boolean => {
  const on = [...liftUs].filter((lift) => lift > 0);
  const third = Math.floor(on.length / 3);
  return third >= 2 && middle(on.slice(0, third)) < 0.6 * middle(on.slice(-third));
};
