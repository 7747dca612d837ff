import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { Overview } from '../../../protocol/api.ts';
import { get } from './api.ts';
import { onReconnect, subscribe } from './live.ts';
import { type Resource, useResource } from './resource.ts';

/** What the rail counts. Null until the controller said it. */
export const totals = signal<{ readonly agents: number; readonly targets: number; readonly incidents: number } | null>(null);

const take = (overview: Overview): void => {
  totals.value = { agents: overview.agents.total, targets: overview.targets.total, incidents: overview.openIncidents };
};

/** Follows the counts while someone is signed in; call the answer to end it. */
export const followTotals = (): (() => void) => {
  const fetchNow = (): void => void get<Overview>('/overview').then(take, () => undefined);
  fetchNow();
  const forget = onReconnect(fetchNow);
  const leave = subscribe('overview', (event) => {
    if (event.type === 'overview') take(event.overview);
  });
  return () => {
    forget();
    leave();
  };
};

/** The numbers of the first page, live. */
export const useOverview = (): Resource<Overview> => {
  const resource = useResource<Overview>('/overview');
  const { set } = resource;
  useEffect(
    () =>
      subscribe('overview', (event) => {
        if (event.type === 'overview') set(() => event.overview);
      }),
    [set],
  );
  return resource;
};
