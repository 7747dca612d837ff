import * as z from 'zod';
import { Dependencies, Rule, Severity } from './rule.ts';

// Rules as the API and the pages see them beside their own documents; a part of the contract in api.ts. Times are ms since the epoch.

/** How a rule stands now. */
export const RuleStanding = z.object({
  rule: z.string(),
  /** Series on which it fires, and on which it is breached but has not held long enough. */
  firing: z.int(),
  pending: z.int(),
  /** It would fire there, and tells nobody until it is given targets. */
  silent: z.int(),
  /** Of a baseline: series of which it is known what is usual, and of which it is not yet. */
  learned: z.int().optional(),
  learning: z.int().optional(),
});
export type RuleStanding = z.infer<typeof RuleStanding>;
/** GET /rules/standing */
export const RuleStandings = z.object({ rules: z.array(RuleStanding) });

/** POST /rules/apply: makes the rules of a file true. `prune` removes those that it does not name; `dryRun` only says what would change. */
export const ApplyRules = z.strictObject({
  rules: z.array(Rule),
  dependencies: Dependencies.optional(),
  prune: z.boolean().default(false),
  dryRun: z.boolean().default(false),
});
export const AppliedRules = z.object({
  created: z.array(z.string()),
  changed: z.array(z.string()),
  removed: z.array(z.string()),
  unchanged: z.array(z.string()),
});

/** POST /backtests: what a rule, saved or not, would have done in the last days. */
export const BacktestRequest = z.strictObject({ rule: Rule, days: z.int().min(1).max(90).default(30) });
export const BacktestResult = z.object({
  /** How often somebody would have been told that something began. */
  pages: z.int(),
  inMaintenance: z.int(),
  incidentCount: z.int(),
  /** Series that the rule looks at. */
  series: z.int(),
  roundsRead: z.int(),
  learning: z.int(),
  /** The newest of them. */
  incidents: z.array(
    z.object({
      cause: z.string(),
      title: z.string(),
      severity: Severity,
      openedAt: z.number(),
      resolvedAt: z.number().nullable(),
      series: z.array(z.string()),
      pages: z.int(),
      maintenance: z.boolean(),
    }),
  ),
});
/** GET /backtests/:id; DELETE stops it. */
export const BacktestView = z.object({
  id: z.string(),
  rule: z.string(),
  from: z.number(),
  to: z.number(),
  state: z.enum(['running', 'done', 'cancelled', 'failed']),
  /** 0 … 1. */
  progress: z.number(),
  tookMs: z.number().optional(),
  error: z.string().optional(),
  result: BacktestResult.optional(),
});
export type BacktestView = z.infer<typeof BacktestView>;
