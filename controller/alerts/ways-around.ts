// How the way to a target was before an incident, and how it is since. Pure.
import type { WayAround } from '../../protocol/incident.ts';
import type { SeenPath } from './path-parents.ts';

export interface TimedPath extends SeenPath {
  /** ms since the epoch. */
  readonly at: number;
  readonly reached: boolean;
}

/** Pairs that are shown, of an incident of many. */
const SHOWN_MOST = 5;

/** The last trace before the beginning beside the newest since, for each pair of an incident that has any: first those that differ. */
export const waysAround = (
  traces: readonly TimedPath[],
  {
    openedAt,
    members,
  }: { readonly openedAt: number; readonly members: readonly { readonly agent: string; readonly target: string | null }[] },
): WayAround[] => {
  const ways = members.flatMap(({ agent, target }): WayAround[] => {
    const own = traces.filter((trace) => trace.agent === agent && trace.target === target).toSorted((a, b) => a.at - b.at);
    const before = own.findLast(({ at }) => at < openedAt) ?? null;
    const after = own.findLast(({ at }) => at >= openedAt) ?? null;
    if (target === null || own.length === 0) return [];
    return [{ agent, target, before: wayOf(before), after: wayOf(after), differsFrom: differsFrom(before, after) }];
  });
  const rank = ({ differsFrom: hop }: WayAround): number => (hop === null ? 1 : 0);
  return ways.toSorted((a, b) => rank(a) - rank(b)).slice(0, SHOWN_MOST);
};

const wayOf = (path: TimedPath | null): WayAround['before'] => path && { at: path.at, hops: [...path.hops], reached: path.reached };

/** The first hop, counted from 0, at which two traces differ; one that did not answer may be any. null: nowhere, as far as they show. */
const differsFrom = (before: TimedPath | null, after: TimedPath | null): number | null => {
  if (before === null || after === null) return null;
  const shared = Math.min(before.hops.length, after.hops.length);
  for (let hop = 0; hop < shared; hop += 1) {
    const [old, fresh] = [before.hops[hop] ?? null, after.hops[hop] ?? null];
    if (old !== null && fresh !== null && old !== fresh) return hop;
  }
  return before.hops.length === after.hops.length && before.reached === after.reached ? null : shared;
};
