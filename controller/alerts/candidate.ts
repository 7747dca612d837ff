// The series that a backtest looks at, and what it reads of them: hours in which they could breach, and their rounds near a breach.
import type { Rule } from '../../protocol/rule.ts';
import { HOUR_MS, type Hours } from './baseline.ts';
import { makeSieve, type Sieve, type Span, spansOf } from './breach-spans.ts';
import type { Observation } from './observation.ts';
import type { Extremes, Past } from './past.ts';

/** One series that the rule looks at. */
export interface Candidate {
  readonly series: { readonly agent: string; readonly task: string };
  readonly hours: Extremes['hours'];
  readonly sieve: Sieve;
  /** What is read round by round. */
  readonly spans: readonly Span[];
  /** What was read, was clear, and lay near no breach. */
  readonly clear: Span[];
}

export const candidateOf = (rule: Rule, { agent, task, hours }: Extremes, means: Hours | undefined, whole: Span): Candidate => ({
  series: { agent, task },
  hours,
  sieve: makeSieve(rule, means),
  spans: spansOf(rule, hours, means, whole),
  clear: [],
});

export interface Read {
  readonly agent: string;
  /** Those that need to be judged. */
  readonly rounds: readonly Observation[];
  readonly roundsRead: number;
}

/** What of one step may matter to each candidate, sifted at once: most rounds of an hour with a breach say nothing. Each after its own `before`. */
export const readStep = (
  { rule, past }: { readonly rule: Rule; readonly past: Past },
  candidates: readonly Candidate[],
  step: Span,
  before: readonly Promise<Read>[],
): readonly Promise<Read>[] => {
  const readOne = async ({ series, hours, spans, sieve, clear }: Candidate): Promise<Read> => {
    const near: (readonly Observation[])[] = [];
    let roundsRead = 0;
    const take = async (from: number, to: number, cutTo: number): Promise<void> => {
      const rounds = await past.rounds(rule, series, from, to);
      const sifted = sieve.sift(rounds, cutTo);
      roundsRead += rounds.length;
      near.push(sifted.rounds);
      clear.push(...sifted.clear);
    };
    let at = step.from;
    const readOn = async (to: number): Promise<void> => {
      for (let hour = Math.floor(at / HOUR_MS); hour * HOUR_MS < to && !sieve.isSettled(); hour += 1)
        if (hours.has(hour)) await take(Math.max(at, hour * HOUR_MS), Math.min(to, (hour + 1) * HOUR_MS), Number.POSITIVE_INFINITY);
    };
    for (const span of spans) {
      if (span.to <= step.from || step.to <= span.from) continue;
      const from = Math.max(span.from, step.from);
      await readOn(from);
      at = Math.min(span.to, step.to);
      await take(from, at, at < span.to ? at : Number.POSITIVE_INFINITY);
    }
    await readOn(step.to);
    return { agent: series.agent, rounds: near.flat(), roundsRead };
  };
  return candidates.map((candidate, index) => {
    const reading = Promise.resolve(before[index]).then(() => readOne(candidate));
    reading.catch(() => {}); // told where it is awaited, if it ever is
    return reading;
  });
};

/** Of what was not judged: whether it was measured at this moment, and could not breach. */
export const wasClear = ({ hours, spans, clear }: Candidate, at: number): boolean => {
  const isLast = (span: Span): boolean => span.from <= at;
  if (at <= (clear.findLast(isLast)?.to ?? 0)) return true;
  return hours.has(Math.floor(at / HOUR_MS)) && (spans.findLast(isLast)?.to ?? 0) <= at;
};
