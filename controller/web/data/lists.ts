import { useEffect } from 'preact/hooks';
import type { AgentView, IncidentView, PairView, TargetView } from '../../../protocol/api.ts';
import type { ApiError } from './api.ts';
import { subscribe } from './live.ts';
import { merged, useResource } from './resource.ts';

// The lists that pages share: fetched once, then kept fresh by live events.

export interface Rows<T> {
  /** Null until the first answer. */
  readonly rows: readonly T[] | null;
  readonly error: ApiError | null;
  readonly reload: () => void;
}

export const useAgents = (): Rows<AgentView> => {
  const { data, error, reload, set } = useResource<{ agents: AgentView[] }>('/agents');
  useEffect(
    () =>
      subscribe('agents', (event) => {
        if (event.type === 'agents') set((old) => ({ agents: merged(old.agents, event.agents, (agent) => agent.id) }));
      }),
    [set],
  );
  return { rows: data?.agents ?? null, error, reload };
};

export const pairKey = (pair: { readonly agent: string; readonly task: string }): string => `${pair.agent}:${pair.task}`;

/** All pairs, or those of one agent or one target. */
export const usePairs = (only: { readonly agent?: string; readonly target?: string } = {}): Rows<PairView> => {
  const query = new URLSearchParams(only).toString();
  const { data, error, reload, set } = useResource<{ pairs: PairView[] }>(`/pairs${query ? `?${query}` : ''}`);
  useEffect(
    () =>
      subscribe('pairs', (event) => {
        if (event.type !== 'pairs') return;
        const mine = event.pairs.filter(
          (pair) => (only.agent ?? pair.agent) === pair.agent && (only.target ?? pair.target) === pair.target,
        );
        if (mine.length > 0) set((old) => ({ pairs: merged(old.pairs, mine, pairKey) }));
      }),
    [set, query],
  );
  useEffect(() => subscribe('targets', reload), [reload]);
  return { rows: data?.pairs ?? null, error, reload };
};

export const useTargets = (): Rows<TargetView> => {
  const { data, error, reload } = useResource<{ targets: TargetView[] }>('/targets');
  useEffect(() => subscribe('targets', reload), [reload]);
  return { rows: data?.targets ?? null, error, reload };
};

/** Newest first. */
export const useIncidents = (): Rows<IncidentView> => {
  const { data, error, reload, set } = useResource<{ incidents: IncidentView[] }>('/incidents');
  useEffect(
    () =>
      subscribe('incidents', (event) => {
        if (event.type === 'incidents')
          set((old) => ({ incidents: merged(old.incidents, event.incidents, (incident) => String(incident.id)) }));
      }),
    [set],
  );
  return { rows: data?.incidents.toSorted((a, b) => b.openedAt - a.openedAt) ?? null, error, reload };
};
