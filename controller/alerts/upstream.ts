// What a target hangs behind: a parent that is dead mutes its children, and so does what nearly all that share a label have in common.
import type { DefinedTarget } from './definitions.ts';
import { type Court, some, viewOf } from './evidence.ts';
import type { View } from './grouping.ts';
import type { Entry } from './ledger.ts';
import { targetOf } from './observation.ts';

export type Upstream =
  | { readonly cause: string; readonly why: 'parent-is-bad' | 'nearly-all-behind-it' }
  | { readonly cause: null; readonly why: 'waits-for-parent' | 'waits-for-siblings' | 'nothing-upstream' };

/** Parents of parents; a circle made by hand ends here. */
const DEPTH_MAX = 8;
/** So many at least, and this share of those that have an opinion, are bad at once before what they share is the cause. */
const SHARED_MIN = 3;
const SHARED_SHARE = 0.8;

/** The parent whose incident this alert belongs to: the farthest that is bad, seen by the same agent where it measures it, by anybody otherwise. */
export const parentCause = (suspect: Entry, court: Court, mayWait: boolean): Upstream => {
  const target = court.definitions.targets.get(targetOf(suspect.task));
  let waits = false;
  let found: string | null = null;
  for (const parent of ancestorsOf(target, court)) {
    const view = parentView(suspect, parent, court);
    if (view === 'bad' || view === 'bad-before') found = causeAt(parent, court);
    else if (view === 'unknown') waits = true;
  }
  if (found !== null) return { cause: found, why: 'parent-is-bad' };
  return { cause: null, why: waits && mayWait ? 'waits-for-parent' : 'nothing-upstream' };
};

const ancestorsOf = (target: DefinedTarget | undefined, { definitions, answered }: Court): readonly DefinedTarget[] => {
  const all: DefinedTarget[] = [];
  let generation = target === undefined ? [] : [target];
  for (let depth = 0; depth < DEPTH_MAX && generation.length > 0; depth += 1) {
    generation = generation
      .flatMap(({ parents }) => parents.flatMap((id) => definitions.targets.get(id) ?? []))
      .filter((parent) => parent.id !== target?.id && !all.includes(parent) && answered.has(parent.id));
    all.push(...generation);
  }
  return all;
};

/** By the suspect's own rule; where that does not look at the parent, any alert that is not calm makes it bad. */
const parentView = (suspect: Entry, parent: DefinedTarget, court: Court): View => {
  const { ledger } = court;
  const bad = [...ledger.badAnywhere(parent.id).values()];
  if (parent.agents.has(suspect.agent)) {
    if (bad.some(({ agent }) => agent === suspect.agent)) return 'bad';
    return parent.ruleIds.has(suspect.rule) ? viewOf(suspect, suspect.agent, parent, court) : 'fine';
  }
  return bad.length > 0 ? 'bad' : 'fine';
};

/** The incident that the parent belongs to already, or its own. */
const causeAt = (parent: DefinedTarget, { ledger }: Court): string => ledger.causeOfTarget(parent.id) ?? `target:${parent.id}`;

/**
 * What nearly all that share a label with the target see too; the broadest label first. `elsewhere` asks other agents alone: what they see
 * behind the same thing is not the suspect's own uplink.
 */
export const sharedCause = (suspect: Entry, court: Court, mayWait: boolean, elsewhere: boolean): Upstream => {
  const target = court.definitions.targets.get(targetOf(suspect.task));
  let waits = false;
  for (const group of target?.groups ?? []) {
    const { bad, fine, unknown } = siblings(suspect, group, court, elsewhere);
    const isShared = (count: number): boolean => count >= SHARED_MIN && count / (count + fine) >= SHARED_SHARE;
    const isOpen = court.ledger.hasMembers(`group:${group}`) && bad + 1 > fine;
    if (isOpen || (isShared(bad + 1) && (unknown === 0 || !mayWait || bad >= fine + unknown)))
      return { cause: `group:${group}`, why: 'nearly-all-behind-it' };
    if (unknown > 0 && bad > 0 && isShared(bad + 1 + unknown)) waits = true;
  }
  return { cause: null, why: waits && mayWait ? 'waits-for-siblings' : 'nothing-upstream' };
};

/** How those behind the same thing look, each by the suspect's agent or, where that does not measure it, by another. */
const siblings = (
  suspect: Entry,
  group: string,
  court: Court,
  elsewhere: boolean,
): { readonly bad: number; readonly fine: number; readonly unknown: number } => {
  const { definitions, answered, ledger } = court;
  const own = targetOf(suspect.task);
  const { agent, rule } = suspect;
  const isOther = (one: DefinedTarget): boolean => !elsewhere || one.agents.size > 1 || !one.agents.has(agent);
  const mayTestify = (one: DefinedTarget): boolean => one.id !== own && answered.has(one.id) && one.ruleIds.has(rule) && isOther(one);
  const views = some(definitions.behind.get(group)?.targets ?? [], mayTestify).map((sibling): View => {
    for (const entry of ledger.badOnTarget(rule, sibling.id).values()) if (!elsewhere || entry.agent !== agent) return 'bad';
    const [other] = some(sibling.agents, (one) => one !== agent, 1);
    const witness = !elsewhere && sibling.agents.has(agent) ? agent : other;
    return witness === undefined ? 'unknown' : viewOf(suspect, witness, sibling, court);
  });
  const count = (...wanted: readonly View[]): number => views.filter((view) => wanted.includes(view)).length;
  return { bad: count('bad', 'bad-before'), fine: count('fine'), unknown: count('unknown') };
};
