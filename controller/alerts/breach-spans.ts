// Where a rule could have fired at all: what a backtest has to look at, of the hours and then of their rounds. Pure.
import type { Rule } from '../../protocol/rule.ts';
import { HOUR_MS, type Hours, usualAt } from './baseline.ts';
import { lateAfterMs } from './evaluate.ts';
import type { Observation } from './observation.ts';

/** from ≤ at < to, ms. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What a rule looks back on, ms. */
const lookBackOf = (rule: Rule): number => Math.max(rule.window?.lengthMs ?? 0, rule.change?.overMs ?? 0);

/** How long an alert stays open after its condition has ended, ms. */
const keepOf = (rule: Rule, isDamped: boolean): number => Math.max(rule.keepMs, isDamped ? rule.damping.withinMs / 2 : 0);

/** Hours in which a series could have breached, by their extremes (number of hours since the epoch), and mostly what the rule needs around them. */
export const spansOf = (
  rule: Rule,
  hours: ReadonlyMap<number, { readonly min: number; readonly max: number }>,
  means: Hours | undefined,
  whole: Span,
): readonly Span[] => {
  const before = lookBackOf(rule);
  const after = before + keepOf(rule, false) + lateAfterMs(60_000);
  const spans: { from: number; to: number }[] = [];
  for (const [hour, { min, max }] of [...hours].sort(([a], [b]) => a - b)) {
    if (!isOver(rule, rule.comparison === 'above' ? max : min, lineOver(rule, means, hour, hour + 1 + Math.ceil(before / HOUR_MS))))
      continue;
    const span = { from: Math.max(whole.from, hour * HOUR_MS - before), to: Math.min(whole.to, (hour + 1) * HOUR_MS + after) };
    const last = spans.at(-1);
    if (last !== undefined && span.from <= last.to) last.to = span.to;
    else spans.push(span);
  }
  return spans;
};

/** Of one series' rounds those that lie near one that could breach, and when the others were measured and clear. */
export interface Sifted {
  readonly rounds: readonly Observation[];
  readonly clear: readonly Span[];
}

/** Sifts one series' rounds, piece after piece, in order. */
export interface Sieve {
  /** `cutTo`: where the piece was cut from more of the same span, because a breach may lie just beyond; Infinity when it was not. */
  sift(rounds: readonly Observation[], cutTo: number): Sifted;
  /** Whether no alert can still be open: otherwise the rounds that come next matter, too. */
  isSettled(): boolean;
}

export const makeSieve = (rule: Rule, means: Hours | undefined): Sieve => {
  const before = lookBackOf(rule);
  const clearRounds = rule.pattern?.of ?? 1;
  const { times, withinMs } = rule.damping;
  const windowMs = rule.window?.lengthMs ?? 0;
  let hour = Number.NaN;
  let line: number | null = null;
  let isOpen = false;
  let isBreach = false;
  /** How often it has fired is not forgotten while it is open. */
  let isDamped = false;
  let breachTo = 0;
  let quietRounds = 0;
  let quietSince: number | null = null;
  /** The last moment of each run of breaches: in each it fires at most once, and not before it began; but a baseline's line moves. */
  let runs: number[] = [];
  let seenAt = 0;
  const note = ({ end, intervalMs, values }: Observation): void => {
    const own = Math.floor(end / HOUR_MS);
    if (own !== hour) line = lineOver(rule, means, own, Math.floor(((own + 1) * HOUR_MS - 1 + windowMs) / HOUR_MS));
    hour = own;
    const wasBreach = isBreach;
    isBreach = isOver(rule, values[rule.field] ?? Number.NaN, line);
    if (isBreach) {
      const others = wasBreach ? runs.slice(0, -1) : runs.filter((last) => last >= end - withinMs - rule.forMs - windowMs);
      runs = [...others, end];
      isDamped ||= times > 0 && (runs.length >= times || rule.kind === 'baseline');
      [isOpen, breachTo, quietRounds, quietSince] = [true, end, 0, null];
    } else if (isOpen) {
      quietRounds += 1;
      const hasEnded = quietRounds >= clearRounds && end - breachTo > windowMs;
      if (hasEnded && (quietSince === null || end - seenAt > lateAfterMs(intervalMs))) quietSince = end;
      if (quietSince !== null && end - quietSince >= keepOf(rule, isDamped)) [isOpen, isDamped] = [false, false];
    }
    seenAt = end;
  };
  return {
    isSettled: () => !isOpen,
    sift(rounds, cutTo) {
      const kept: Observation[] = [];
      const clear: Span[] = [];
      let waiting = 0; // the first round that is neither kept nor given up
      const keep = (from: number, end: number): void => {
        const first = waiting;
        while (waiting < end && (rounds[waiting]?.end ?? 0) <= from) waiting += 1;
        const [begin, last] = [rounds[first], rounds[waiting - 1]];
        if (begin !== undefined && last !== undefined && first < waiting) clear.push({ from: begin.at, to: last.end });
        for (const round of rounds.slice(waiting, end)) kept.push(round);
        waiting = end;
      };
      for (const [index, round] of rounds.entries()) {
        const wasOpen = isOpen;
        note(round);
        if (isBreach) keep(round.at - before, index + 1);
        else if (wasOpen) keep(round.at, index + 1);
      }
      keep(cutTo - before, rounds.length);
      return { rounds: kept, clear };
    },
  };
};

/** The least that a value must cross to breach, or to keep a breach, in any of these hours: a window carries it on. null when nothing can. */
const lineOver = (rule: Rule, means: Hours | undefined, first: number, last: number): number | null => {
  const lines = Array.from({ length: rule.kind === 'baseline' ? last - first + 1 : 1 }, (_, i) => lineAt(rule, means, first + i));
  const known = lines.filter((line) => line !== null);
  if (known.length === 0) return null;
  return rule.comparison === 'above' ? Math.min(...known) : Math.max(...known);
};

const lineAt = (rule: Rule, means: Hours | undefined, hour: number): number | null => {
  const isUp = rule.comparison === 'above';
  if (rule.kind === 'change' || rule.kind === 'no-data' || rule.window?.aggregate === 'sum')
    return isUp ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const clearAt = rule.clearThreshold ?? rule.threshold;
  const line = isUp ? Math.min(rule.threshold, clearAt) : Math.max(rule.threshold, clearAt);
  if (rule.kind !== 'baseline') return line;
  const usual = usualAt(means ?? new Map<number, number>(), hour * HOUR_MS, rule.baseline ?? { weeks: 4, learnWeeks: 2 });
  if (usual.status === 'learning') return null;
  const { median, spread } = usual.stats;
  return rule.baseline?.as === 'ratio' ? (Math.abs(median) || Number.EPSILON) * line : median + line * spread;
};

const isOver = (rule: Rule, value: number, line: number | null): boolean =>
  line !== null && (rule.comparison === 'above' ? value > line : value < line);
