// What a backtest asks of the stored past.
import type { Rule } from '../../protocol/rule.ts';
import type { Hours } from './baseline.ts';
import type { Observation } from './observation.ts';

/** One series by the hour: where its values were highest or lowest. A missing hour has no data. */
export interface Extremes {
  readonly agent: string;
  readonly task: string;
  /** By the number of hours since the epoch. */
  readonly hours: ReadonlyMap<number, { readonly min: number; readonly max: number }>;
}

/** The stored past. Times in ms; what came as backfill is left out, because live it judged nothing. */
export interface Past {
  extremes(rule: Rule, from: number, to: number): Promise<readonly Extremes[]>;
  means(rule: Rule, from: number, to: number): Promise<ReadonlyMap<string, Hours>>;
  rounds(rule: Rule, series: { readonly agent: string; readonly task: string }, from: number, to: number): Promise<readonly Observation[]>;
  /** Agents that were off, in order of time. */
  absences(from: number, to: number): Promise<readonly { readonly agent: string; readonly from: number; readonly to: number | null }[]>;
}
