import { useEffect } from 'preact/hooks';
import { every, serverNow } from './clock.ts';
import { range } from './location.ts';
import { phone } from './preferences.ts';
import { spanOf } from './range.ts';
import { type Resource, useResource } from './resource.ts';

const REFRESH_MS = 10_000;

/** What the agent's own machine says, read again every ten seconds: `interfaces`, `sockets`, `host`. */
export const useMachine = <T>(agent: string, what: 'interfaces' | 'sockets' | 'host'): Resource<T> => {
  const resource = useResource<T>(`/agents/${encodeURIComponent(agent)}/${what}`);
  const { reload } = resource;
  useEffect(() => every(REFRESH_MS, reload), [reload]);
  return resource;
};

/** Its history over the range of the page. `query` ends in & when it is not empty. */
export const useMachineHistory = <T>(agent: string, what: 'interfaces' | 'host', query = ''): Resource<T> => {
  const shown = range.value;
  const { from, to } = spanOf(shown, Math.ceil(serverNow() / REFRESH_MS) * REFRESH_MS);
  const columns = phone.value ? 320 : 900;
  const asked = `from=${Math.round(from)}&to=${Math.round(to)}&columns=${columns}`;
  const resource = useResource<T>(`/agents/${encodeURIComponent(agent)}/${what}/history?${query}${asked}`);
  const { reload } = resource;
  useEffect(() => (shown.kind === 'last' ? every(REFRESH_MS, reload) : undefined), [reload, shown.kind]);
  return resource;
};
