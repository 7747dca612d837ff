import type { DefinedTarget, Definitions } from './definitions.ts';
import { lateAfterMs } from './evaluate.ts';
import { type Evidence, seenByOthers, type View } from './grouping.ts';
import type { Entry, Ledger } from './ledger.ts';
import { targetOf } from './observation.ts';

/** So many witnesses are enough for a share, and a thousand alerts at once stay cheap. */
const WITNESSES_MAX = 32;

/** Gathers what speaks for one cause or another: how the agent's other targets, and other agents, looked since the alert's first breach. */
export const gatherEvidence = (suspect: Entry, ledger: Ledger, definitions: Definitions, answered: ReadonlySet<string>): Evidence => {
  const { rule, agent, state } = suspect;
  const target = definitions.targets.get(targetOf(suspect.task));
  const since = state.lifecycle.phase === 'inactive' ? 0 : state.lifecycle.since;
  const viewOf = (from: string, of: DefinedTarget): View => pairView(ledger, rule, from, of, since, lateAfterMs(state.intervalMs));
  const othersOf = (of: DefinedTarget): readonly View[] =>
    of.agents
      .filter((other) => other !== agent)
      .slice(0, WITNESSES_MAX)
      .map((other) => viewOf(other, of));
  const others = target ? othersOf(target) : [];
  const agentIsSuspected = ledger.hasMembers(rule, `agent:${agent}`);
  if (seenByOthers(others)) return { others, peers: [], agentIsSuspected }; // nothing else matters then, and nothing else is cheap
  const mayTestify = (peer: DefinedTarget): boolean =>
    peer.id !== target?.id && !peer.isLoopback && answered.has(peer.id) && peer.rules.some(({ id }) => id === rule);
  const peers = (target?.isLoopback ? [] : (definitions.targetsOf.get(agent) ?? []))
    .filter(mayTestify)
    .slice(0, WITNESSES_MAX)
    .map((peer) => {
      const view = viewOf(agent, peer);
      return { view, others: view === 'bad' ? othersOf(peer) : [] };
    });
  return { others, peers, agentIsSuspected };
};

const pairView = (ledger: Ledger, rule: string, agent: string, target: DefinedTarget, since: number, windowMs: number): View => {
  const views = target.tasks.map((task): View => {
    const { lifecycle, clearFrom } = ledger.get({ rule, agent, task });
    if (lifecycle.phase !== 'inactive') return lifecycle.since < since - windowMs ? 'bad-before' : 'bad';
    return clearFrom !== null && clearFrom >= since ? 'fine' : 'unknown';
  });
  return (['bad', 'bad-before', 'fine'] as const).find((view) => views.includes(view)) ?? 'unknown';
};
