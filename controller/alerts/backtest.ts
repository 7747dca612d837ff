// What a rule would have done: the history through the functions that judge live, read only where it can matter.
import type { Rule } from '../../protocol/rule.ts';
import { HOUR_MS, type Hours, usualAt } from './baseline.ts';
import { type Definitions, type Ingredients, makeDefinitions } from './definitions.ts';
import { lateAfterMs } from './evaluate.ts';
import { type AlertKey, seriesOf } from './ledger.ts';
import type { Observation } from './observation.ts';
import { Rehearsal, type RehearsedIncident } from './rehearsal.ts';
import { timelineOf } from './replay.ts';

/** One series by the hour: where its values were highest or lowest. A missing hour has no data. */
export interface Extremes {
  readonly agent: string;
  readonly task: string;
  /** By the number of hours since the epoch. */
  readonly hours: ReadonlyMap<number, { readonly min: number; readonly max: number }>;
}

/** The stored past. Times in ms; what came as backfill is left out, because live it judged nothing. */
export interface Past {
  extremes(rule: Rule, from: number, to: number, signal: AbortSignal): Promise<readonly Extremes[]>;
  means(rule: Rule, from: number, to: number, signal: AbortSignal): Promise<ReadonlyMap<string, Hours>>;
  rounds(rule: Rule, series: { readonly agent: string; readonly task: string }, from: number, to: number): Promise<readonly Observation[]>;
  /** Agents that were off, in order of time. */
  absences(from: number, to: number): Promise<readonly { readonly agent: string; readonly from: number; readonly to: number | null }[]>;
}

export interface BacktestOptions {
  readonly rule: Rule;
  readonly ingredients: Omit<Ingredients, 'rules'>;
  readonly answered: Iterable<string>;
  readonly from: number;
  readonly to: number;
  readonly past: Past;
  /** 0 … 1. */
  readonly onProgress: (share: number) => void;
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
/** So much is read at a time: a series' rounds of some days lie together, and two such pieces are in memory. */
const STEP_MS = 4 * DAY_MS;

/** Runs until it is done or the signal aborts (then it rejects with the signal's reason). */
export const backtest = async (options: BacktestOptions, signal: AbortSignal): Promise<Backtested> => {
  const { rule, ingredients, from, to, past, onProgress } = options;
  const definitions = makeDefinitions({ ...ingredients, rules: [{ ...rule, enabled: true, needsTargets: false }] });
  if (rule.kind === 'agent-off') return offOnly(options, definitions);
  const means =
    rule.kind === 'baseline'
      ? await past.means(rule, from - (rule.baseline?.weeks ?? 4) * WEEK_MS - HOUR_MS, to, signal)
      : new Map<string, Hours>();
  const extremes = await inSteps(
    from,
    to,
    (begin, end) => past.extremes(rule, begin, end, signal),
    (share) => onProgress(share * 0.5),
    signal,
  );
  const mine = [...extremes.values()].filter(({ agent, task }) => isLookedAt(definitions, rule, agent, task));
  const candidates = mine.map((series) => ({ series, spans: spansOf(rule, series, means.get(seriesOf(series)), from, to) }));
  const isCandidate = new Map(candidates.map(({ series, spans }) => [seriesOf(series), { hours: series.hours, spans }]));
  const rehearsal = new Rehearsal({
    definitions,
    answered: options.answered,
    usual: (_, agent, { task, end }) => {
      const learned = usualAt(
        means.get(`${agent}/${task}`) ?? new Map<number, number>(),
        end,
        rule.baseline ?? { weeks: 4, learnWeeks: 2 },
      );
      return learned.status === 'learned' ? learned.stats : null;
    },
    wasClear: (key: AlertKey, begin, end) => {
      const known = isCandidate.get(seriesOf(key));
      const hour = Math.floor(end / HOUR_MS);
      return known !== undefined && known.hours.has(hour) && !known.spans.some((span) => span.from <= end && begin < span.to);
    },
  });
  let roundsRead = 0;
  const spans = candidates.flatMap(({ series, spans: all }) => all.map((span) => ({ series, ...span })));
  const steps = stepsOf(from, to);
  const readStep = (step: Span): Promise<readonly Read[]> => {
    const wanted = spans.filter((span) => span.from < step.to && step.from < span.to);
    const reading = Promise.all(
      wanted.map(async ({ series, from: begin, to: end }) => ({
        agent: series.agent,
        rounds: await past.rounds(rule, series, Math.max(begin, step.from), Math.min(end, step.to)),
      })),
    );
    reading.catch(() => {}); // told where it is awaited, if it ever is
    return reading;
  };
  let next = steps[0] === undefined ? null : readStep(steps[0]);
  for (let index = 0; next !== null; index += 1) {
    signal.throwIfAborted();
    const read = await next;
    const after = steps[index + 1];
    next = after === undefined ? null : readStep(after); // the store reads on while this piece is judged
    for (const { rounds } of read) roundsRead += rounds.length;
    for (const delivery of timelineOf(read)) rehearsal.deliver(delivery);
    onProgress(0.5 + (0.5 * (index + 1)) / steps.length);
  }
  rehearsal.tick(to + DAY_MS, new Map());
  const learning = rule.kind === 'baseline' ? mine.filter((series) => isLearning(rule, means.get(seriesOf(series)), to)).length : 0;
  return { incidents: rehearsal.incidents(), series: mine.length, roundsRead, learning };
};

const isLookedAt = (definitions: Definitions, rule: Rule, agent: string, task: string): boolean =>
  (definitions.targetsOf.get(agent) ?? []).some((target) => target.ruleIds.has(rule.id) && target.tasks.includes(task)) ||
  !task.includes('/');

const isLearning = (rule: Rule, hours: Hours | undefined, at: number): boolean =>
  rule.baseline !== undefined && usualAt(hours ?? new Map<number, number>(), at, rule.baseline).status === 'learning';

interface Read {
  readonly agent: string;
  readonly rounds: readonly Observation[];
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Rounds from before the hour show that it began in it. */
const CLEAR_BEFORE_MS = 600_000;

/** When a series could have breached, with what the rule looks back on and how long it needs to end. */
const spansOf = (rule: Rule, { hours }: Extremes, means: Hours | undefined, from: number, to: number): readonly Span[] => {
  const before = Math.max(rule.forMs, rule.window?.lengthMs ?? 0, rule.change?.overMs ?? 0) + CLEAR_BEFORE_MS;
  const after = rule.keepMs + (rule.damping.times > 0 ? rule.damping.withinMs / 2 : 0) + (rule.window?.lengthMs ?? 0) + lateAfterMs(60_000);
  const spans: { from: number; to: number }[] = [];
  for (const [hour, extreme] of [...hours].sort(([a], [b]) => a - b)) {
    if (!couldBreach(rule, extreme, means, hour)) continue;
    const span = { from: Math.max(from, hour * HOUR_MS - before), to: Math.min(to, (hour + 1) * HOUR_MS + after) };
    const last = spans.at(-1);
    if (last !== undefined && span.from <= last.to) last.to = span.to;
    else spans.push(span);
  }
  return spans;
};

/** Whether any value of the hour may cross the rule's line, or keep it crossed. */
const couldBreach = (
  rule: Rule,
  { min, max }: { readonly min: number; readonly max: number },
  means: Hours | undefined,
  hour: number,
): boolean => {
  const isUp = rule.comparison === 'above';
  const line = isUp
    ? Math.min(rule.threshold, rule.clearThreshold ?? rule.threshold)
    : Math.max(rule.threshold, rule.clearThreshold ?? rule.threshold);
  if (rule.kind === 'change' || rule.kind === 'no-data' || rule.window?.aggregate === 'sum') return true;
  if (rule.kind !== 'baseline') return isUp ? max > line : min < line;
  const usual = usualAt(means ?? new Map<number, number>(), hour * HOUR_MS, rule.baseline ?? { weeks: 4, learnWeeks: 2 });
  if (usual.status === 'learning') return false;
  const { median, spread } = usual.stats;
  const at = rule.baseline?.as === 'ratio' ? Math.abs(median) * line : median + line * spread;
  return isUp ? max > at : min < at;
};

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
