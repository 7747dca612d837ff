import { middle } from './evidence.ts';
import type { Event } from './refine.ts';
import type { Setting } from './rank.ts';

/**
 * Another way with another RTT is no fault. For an event that only lifts RTTs: do the traces of the pairs that it hits, made after it began, still show
 * the way from before? Nats for a fault (the way is the same) or against it. Pure.
 */
export const stillTheSameWay = (setting: Setting, event: Event): number => {
  if (event.liftUs === 0 || event.loss > LOSS_MOST || isRamp(event)) return PRIOR;
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
      // Another member of equal ways says little: others between the same sites showed it before.
      const usual = known.get(setting.siblingKey[pair] ?? '');
      const others = after.hops.filter((hop, i) => hop !== null && (before.hops[i] ?? null) !== null && hop !== before.hops[i]);
      // A silent hop hides who stands there, not how many hops there are.
      const isLonger = after.reached && before.reached && after.hops.length !== before.hops.length;
      if (others.length === 0 && !isLonger) same++;
      else moved += isLonger || others.some((hop) => hop !== null && usual?.has(hop) !== true) ? 1 : ANOTHER;
    }
  });
  return PRIOR + oddsOf(same, moved);
};

/** log-odds of a fault against another way, from how many traces show the old way and how many another. Each may be of its own, or all of one change that has nothing to do with it. */
const oddsOf = (same: number, moved: number): number => {
  if (same + moved === 0) return 0;
  const likelihood = (chance: number): number => same * Math.log(chance) + moved * Math.log1p(-chance);
  const share = Math.min(0.999, Math.max(0.001, same / (same + moved)));
  const together = LOG_TOGETHER + likelihood(share);
  return Math.max(likelihood(SAME_IN_FAULT), together) - Math.max(likelihood(SAME_WHEN_MOVED), together);
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

/** Lasting steps of the RTT alone are faults more often than other ways. */
const PRIOR = 0.8;
/** A way that loses more than this is no better way. */
const LOSS_MOST = 0.08;
/** How often a trace shows the same way as the one before: in a fault unless that one was outdated, and by chance when the pair was moved. */
const SAME_IN_FAULT = 0.85;
const SAME_WHEN_MOVED = 0.12;
/** Another change of ways in the same window that moves just these pairs. */
const LOG_TOGETHER = Math.log(0.002);
const ANOTHER = 0.4;

/** Another way has its RTT at once; what rises over many rounds is load. */
const isRamp = ({ profile: { liftUs } }: Event): boolean => {
  const on = [...liftUs].filter((lift) => lift > 0);
  const third = Math.floor(on.length / 3);
  return third >= 2 && middle(on.slice(0, third)) < 0.6 * middle(on.slice(-third));
};
