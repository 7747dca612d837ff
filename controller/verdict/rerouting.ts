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
  let sum = PRIOR;
  setting.ways.forEach((own, pair) => {
    if ((event.gains[pair] ?? 0) < 3) return;
    const before = own.findLast(({ at }) => at < begin);
    for (const after of own) {
      if (after.at < begin + step || before === undefined) continue;
      // Another member of equal ways says little: others between the same sites showed it before.
      const usual = known.get(setting.siblingKey[pair] ?? '');
      const others = after.hops.filter((hop, i) => hop !== null && (before.hops[i] ?? null) !== null && hop !== before.hops[i]);
      const isNew = others.some((hop) => hop !== null && usual?.has(hop) !== true);
      sum += others.length === 0 ? SAME : isNew ? MOVED : ANOTHER;
    }
  });
  return sum;
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
const SAME = 1.3;
const MOVED = -2;
const ANOTHER = -0.7;

/** Another way has its RTT at once; what rises over many rounds is load. */
const isRamp = ({ profile: { liftUs } }: Event): boolean => {
  const on = [...liftUs].filter((lift) => lift > 0);
  const third = Math.floor(on.length / 3);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return third >= 2 && mean(on.slice(0, third)) < 0.6 * mean(on.slice(-third));
};
