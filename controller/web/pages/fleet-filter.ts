import type { AgentView } from '../../../protocol/api.ts';
import { hasWords, labelWords } from '../format/words.ts';

// Which agents the fleet page shows, as the URL says it. Pure.

const driftsFrom = (agent: AgentView): boolean => agent.latestRevision !== null && (agent.appliedRevision ?? 0) < agent.latestRevision;

export const filters = {
  all: () => true,
  attention: (agent: AgentView) => agent.state === 'degraded' || agent.state === 'off' || agent.rejected !== null,
  drift: driftsFrom,
  clock: (agent: AgentView) =>
    agent.status?.clock !== null && agent.status?.clock !== undefined && Math.abs(agent.status.clock.offsetMs) > 6,
  spool: (agent: AgentView) => agent.status !== null && agent.status.spool.rounds > 0,
} as const satisfies Record<string, (agent: AgentView) => boolean>;

export type FilterName = keyof typeof filters;
export const isFilter = (text: string | null): text is FilterName => text !== null && Object.hasOwn(filters, text);

/** Every word must be in the agent's id, host, state, version or labels; `key:value` and `key=value` name a label. */
export const matches = ({ id, hostname, state, reason, status, labels }: AgentView, text: string): boolean =>
  hasWords(text, [id, hostname, state, reason, status?.version, ...labelWords(labels)]);

const order: readonly AgentView['state'][] = ['degraded', 'off', 'waiting', 'online', 'revoked'];
/** Worst first. */
export const urgency = (agent: AgentView): number => order.indexOf(agent.state);
