// How many vantage points must agree before a rule with a quorum opens an incident, and below which it ends.
import type { Rule } from '../../protocol/rule.ts';
import { type Court, othersOf } from './evidence.ts';
import type { Entry } from './ledger.ts';
import { targetOf } from './observation.ts';

/** Whether enough agents see the suspect's target fire now; with `mayWait` those that have not spoken yet count against it. */
export const quorumReached = (rule: Rule, suspect: Entry, court: Court, mayWait: boolean): boolean => {
  const { quorum } = rule;
  if (quorum === undefined) return true;
  const target = court.definitions.targets.get(targetOf(suspect.task));
  if (target === undefined) return true;
  const firing = firingAgents(rule.id, target.id, court);
  if ('count' in quorum) return firing >= quorum.count;
  const views = othersOf(suspect, target, court, Number.POSITIVE_INFINITY);
  // Who has not spoken yet may still see it fine; who stays silent has no opinion.
  const opinions = 1 + views.filter((view) => mayWait || view !== 'unknown').length;
  return firing / Math.max(firing, opinions) >= quorum.share;
};

const firingAgents = (rule: string, target: string, { ledger }: Court): number =>
  new Set(
    [...ledger.badOnTarget(rule, target).values()].filter(({ state }) => state.lifecycle.phase === 'firing').map(({ agent }) => agent),
  ).size;

/** When the last of those that make the quorum fired: the moment at which it was reached. */
export const reachedAt = ({ rule, task }: Entry, { ledger }: Court, otherwise: number): number => {
  const target = targetOf(task);
  if (target === '') return otherwise; // nobody else sees it
  return Math.max(
    otherwise,
    ...[...ledger.badOnTarget(rule, target).values()].map(({ state }) =>
      state.lifecycle.phase === 'firing' ? state.lifecycle.firedAt : 0,
    ),
  );
};
