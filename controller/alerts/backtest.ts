// What a rule would have done: the history through the functions that judge live, read only where it can matter.
import type { Rule } from '../../protocol/rule.ts';
import { HOUR_MS, type Hours, usualAt } from './baseline.ts';
import type { Span } from './breach-spans.ts';
import { type Candidate, candidateOf, type Read, readStep, wasClear } from './candidate.ts';
import { type Definitions, type Ingredients, makeDefinitions } from './definitions.ts';
import type { Bench } from './judge.ts';
import { type AlertKey, seriesOf } from './ledger.ts';
import type { Extremes, Past } from './past.ts';
import { Rehearsal, type RehearsedIncident } from './rehearsal.ts';
import { timelineOf } from './replay.ts';

export interface BacktestOptions {
  readonly rule: Rule;
  readonly ingredients: Omit<Ingredients, 'rules'>;
  readonly answered: Iterable<string>;
  readonly from: number;
  readonly to: number;
  readonly past: Past;
  /** 0 … 1. */
  readonly onProgress: (share: number) => void;
  /** Gives others in this process their turn. */
  readonly pause: () => Promise<void>;
}
export interface Backtested {
  readonly incidents: readonly RehearsedIncident[];
  readonly series: number;
  readonly roundsRead: number;
  /** Of a baseline: series that had too few weeks behind them at the end. */
  readonly learning: number;
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** So much is read at a time. */
const STEP_MS = 2 * DAY_MS;
/** Steps that are read while one is judged. */
const AHEAD = 2;
/** Deliveries that are judged before others in this process have their turn. */
const AT_ONCE = 500;

/** Runs until it is done or the signal aborts (then it rejects with the signal's reason). */
export const backtest = async (options: BacktestOptions, signal: AbortSignal): Promise<Backtested> => {
  const { rule, ingredients, from, to, past, onProgress } = options;
  const definitions = makeDefinitions({ ...ingredients, rules: [{ ...rule, enabled: true, needsTargets: false }] });
  if (rule.kind === 'agent-off') return offOnly(options, definitions);
  const means =
    rule.kind === 'baseline'
      ? await past.means(rule, from - (rule.baseline?.weeks ?? 4) * WEEK_MS - HOUR_MS, to)
      : new Map<string, Hours>();
  const extremes = await inSteps(
    from,
    to,
    (begin, end) => past.extremes(rule, begin, end),
    (share) => onProgress(share * 0.5),
    signal,
  );
  const mine = [...extremes.values()].filter(({ agent, task }) => isLookedAt(definitions, rule, agent, task));
  const candidates = mine.map((series) => candidateOf(rule, series, means.get(seriesOf(series)), { from, to }));
  const isCandidate = new Map(candidates.map((candidate) => [seriesOf(candidate.series), candidate]));
  const rehearsal = new Rehearsal({
    definitions,
    answered: options.answered,
    usual: usualBy(rule, means),
    wasClear: (key: AlertKey, at) => {
      const known = isCandidate.get(seriesOf(key));
      return known !== undefined && wasClear(known, at);
    },
  });
  const roundsRead = await judgeAll(options, candidates, rehearsal, signal);
  rehearsal.tick(to + DAY_MS, new Map());
  const learning = rule.kind === 'baseline' ? mine.filter((series) => isLearning(rule, means.get(seriesOf(series)), to)).length : 0;
  return { incidents: rehearsal.incidents(), series: mine.length, roundsRead, learning };
};

/** What is usual for a series by the means of its hours; null while it is learnt. */
export const usualBy =
  (rule: Rule, means: ReadonlyMap<string, Hours>): Bench['usual'] =>
  (_, agent, { task, end }) => {
    const learned = usualAt(
      means.get(seriesOf({ agent, task })) ?? new Map<number, number>(),
      end,
      rule.baseline ?? { weeks: 4, learnWeeks: 2 },
    );
    return learned.status === 'learned' ? learned.stats : null;
  };

/** Lets the rehearsal judge all that matters, in order of time; how many rounds were read. */
const judgeAll = async (
  options: BacktestOptions,
  candidates: readonly Candidate[],
  rehearsal: Rehearsal,
  signal: AbortSignal,
): Promise<number> => {
  let roundsRead = 0;
  const steps = stepsOf(options.from, options.to);
  // The store reads on while a step is judged.
  const ahead: (readonly Promise<Read>[])[] = [];
  for (let index = -AHEAD; index < steps.length; index += 1) {
    signal.throwIfAborted();
    const read = index < 0 ? [] : await Promise.all(ahead.shift() ?? []);
    const step = steps[index + AHEAD];
    if (step !== undefined) ahead.push(readStep(options, candidates, step, ahead.at(-1) ?? []));
    for (const piece of read) roundsRead += piece.roundsRead;
    for (const [done, delivery] of timelineOf(read).entries()) {
      if (done % AT_ONCE === 0) {
        await options.pause();
        signal.throwIfAborted();
      }
      rehearsal.deliver(delivery);
    }
    if (index >= 0) options.onProgress(0.5 + (0.5 * (index + 1)) / steps.length);
  }
  return roundsRead;
};

const isLookedAt = (definitions: Definitions, rule: Rule, agent: string, task: string): boolean =>
  (definitions.targetsOf.get(agent) ?? []).some((target) => target.ruleIds.has(rule.id) && target.tasks.includes(task)) ||
  !task.includes('/');

const isLearning = (rule: Rule, hours: Hours | undefined, at: number): boolean =>
  rule.baseline !== undefined && usualAt(hours ?? new Map<number, number>(), at, rule.baseline).status === 'learning';

const stepsOf = (from: number, to: number): readonly Span[] =>
  Array.from({ length: Math.max(1, Math.ceil((to - from) / STEP_MS)) }, (_, index) => ({
    from: from + index * STEP_MS,
    to: Math.min(to, from + (index + 1) * STEP_MS),
  }));

/** Some days at a time, so that it can be told how far it is, and stopped. */
const inSteps = async (
  from: number,
  to: number,
  read: (from: number, to: number) => Promise<readonly Extremes[]>,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Extremes>> => {
  const found = new Map<string, { agent: string; task: string; hours: Map<number, { min: number; max: number }> }>();
  const steps = stepsOf(from, to);
  for (const [index, step] of steps.entries()) {
    signal.throwIfAborted();
    for (const { agent, task, hours } of await read(step.from, step.to)) {
      const name = seriesOf({ agent, task });
      const series = found.get(name) ?? { agent, task, hours: new Map<number, { min: number; max: number }>() };
      found.set(name, series);
      for (const [hour, { min, max }] of hours) {
        const known = series.hours.get(hour);
        series.hours.set(hour, { min: Math.min(min, known?.min ?? min), max: Math.max(max, known?.max ?? max) });
      }
    }
    onProgress((index + 1) / steps.length);
  }
  return found;
};

/** An agent-off rule looks at nothing but who was there. */
const offOnly = async ({ rule, answered, from, to, past, onProgress }: BacktestOptions, definitions: Definitions): Promise<Backtested> => {
  const rehearsal = new Rehearsal({ definitions, answered });
  const absences = await past.absences(from, to);
  const moments = new Set(absences.flatMap((absence) => [absence.from + rule.forMs, absence.to ?? to]));
  for (const now of [...moments].filter((at) => at <= to).sort((a, b) => a - b)) {
    const off = absences.filter((absence) => absence.from < now && (absence.to === null || absence.to > now));
    rehearsal.tick(now, new Map(off.map((absence) => [absence.agent, absence.from])));
  }
  onProgress(1);
  return { incidents: rehearsal.incidents(), series: definitions.agents.size, roundsRead: 0, learning: 0 };
};
