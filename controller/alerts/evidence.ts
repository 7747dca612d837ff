import type { DefinedTarget, Definitions } from './definitions.ts';
import { lateAfterMs } from './evaluate.ts';
import { type Evidence, seenByOthers, type View } from './grouping.ts';
import type { AlertKey, Entry, Ledger } from './ledger.ts';
import { targetOf } from './observation.ts';

/** So many witnesses are enough for a share, and a thousand alerts at once stay cheap. */
export const WITNESSES_MAX = 32;

/** What the witnesses are asked of. */
export interface Court {
  readonly ledger: Ledger;
  readonly definitions: Definitions;
  readonly answered: ReadonlySet<string>;
  /** Of a series that the ledger knows nothing of: whether it is known from elsewhere that it was measured and clear at this moment. */
  readonly wasClear?: ((key: AlertKey, at: number) => boolean) | undefined;
}

/** Gathers what speaks for one cause or another: how the agent's other targets, and other agents, looked since the alert's first breach. */
export const gatherEvidence = (suspect: Entry, court: Court): Evidence => {
  const { ledger, definitions, answered } = court;
  const { rule, agent } = suspect;
  const target = definitions.targets.get(targetOf(suspect.task));
  const others = target ? othersOf(suspect, target, court) : [];
  const agentIsSuspected = ledger.hasMembers(`agent:${agent}`);
  if (seenByOthers(others)) return { others, peers: [], agentIsSuspected }; // nothing else matters then, and nothing else is cheap
  const mayTestify = (peer: DefinedTarget): boolean =>
    peer.id !== target?.id && !peer.isLoopback && answered.has(peer.id) && peer.ruleIds.has(rule);
  const peers = some(target?.isLoopback ? [] : (definitions.targetsOf.get(agent) ?? []), mayTestify).map((peer) => {
    const view = viewOf(suspect, agent, peer, court);
    return { view, others: view === 'bad' ? othersOf(suspect, peer, court) : [] };
  });
  return { others, peers, agentIsSuspected };
};

/** How the agents other than the suspect's see a target. */
export const othersOf = (suspect: Entry, of: DefinedTarget, court: Court, most = WITNESSES_MAX): readonly View[] =>
  some(of.agents, (other) => other !== suspect.agent, most).map((other) => viewOf(suspect, other, of, court));

/** How one pair looked since the suspect's first breach. */
export const viewOf = ({ rule, state }: Entry, agent: string, target: DefinedTarget, { ledger, wasClear }: Court): View => {
  const since = state.lifecycle.phase === 'inactive' ? 0 : state.lifecycle.since;
  const windowMs = lateAfterMs(state.intervalMs);
  let found: View = 'unknown';
  for (const task of target.tasks) {
    const key = { rule, agent, task };
    const { lifecycle, clearFrom, clearTo } = ledger.get(key);
    if (lifecycle.phase !== 'inactive') {
      if (lifecycle.since >= since - windowMs) return 'bad';
      found = 'bad-before';
    } else if (found === 'unknown' && (isClearSince(clearFrom, clearTo, state.from, since) || wasClear?.(key, since) === true)) {
      found = 'fine';
    }
  }
  return found;
};

/** A clear round speaks when it ended after the suspect's first bad one and lay mostly beside it or behind it. */
const isClearSince = (clearFrom: number | null, clearTo: number, from: number, since: number): boolean =>
  clearFrom !== null && clearTo >= since && (clearFrom + clearTo) / 2 >= from;

export const some = <T>(all: Iterable<T>, isWanted: (one: T) => boolean, most = WITNESSES_MAX): T[] => {
  const chosen: T[] = [];
  for (const one of all) {
    if (!isWanted(one)) continue;
    chosen.push(one);
    if (chosen.length >= most) break;
  }
  return chosen;
};
