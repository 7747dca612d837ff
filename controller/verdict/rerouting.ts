import type { Event } from './refine.ts';
import type { Setting } from './rank.ts';

/**
 * Another way with another RTT is no fault. For an event that only lifts RTTs: do the traces of the pairs that it hits, made after it began, still show
 * the way from before? Nats for a fault (the way is the same) or against it. Pure.
 */
export const stillTheSameWay = (setting: Setting, event: Event): number => {
  if (event.loss > 0) return 0;
  const { start, step } = setting.given;
  const begin = start + event.span.from * step;
  let sum = 0;
  setting.ways.forEach((own, pair) => {
    if ((event.gains[pair] ?? 0) < 3) return;
    const before = own.findLast(({ at }) => at < begin);
    for (const after of own) {
      if (after.at < begin + step || before === undefined) continue;
      const compared = after.hops.map((hop, i) => [hop, before.hops[i] ?? null] as const).filter(([a, b]) => a !== null && b !== null);
      sum += compared.every(([a, b]) => a === b) ? SAME : MOVED;
    }
  });
  return Math.max(-12, Math.min(6, sum));
};

const SAME = 1.2;
const MOVED = -1.8;
