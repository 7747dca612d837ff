import { computed, signal } from '@preact/signals';
import type { LiveEvent } from '../../../protocol/api.ts';
import { after, now, serverNow, setServerNow } from './clock.ts';

// One WebSocket a tab. Pages name topics; what they named is asked for again after every reconnection.

type Handler = (event: LiveEvent) => void;
export type Link =
  | { readonly state: 'idle' | 'connecting' | 'up' }
  | { readonly state: 'lost'; readonly since: number; readonly nextTryAt: number };

export const link = signal<Link>({ state: 'idle' });
/** Up to when this tab knows what happened: while the link is lost, what did not come is not missing, only not known here. */
export const knownUntil = computed(() => (link.value.state === 'lost' ? Math.min(now.value, link.value.since) : now.value));

const topics = new Map<string, Set<Handler>>();
const reconnections = new Set<() => void>();
let socket: WebSocket | null = null;
let lostSince: number | null = null;
let tries = 0;
let cancelRetry = (): void => undefined;
let asking = false;

/** Hears a topic until the returned function is called. */
export const subscribe = (topic: string, handler: Handler): (() => void) => {
  const handlers = topics.get(topic) ?? new Set();
  topics.set(topic, handlers.add(handler));
  ask();
  return () => {
    handlers.delete(handler);
    if (handlers.size === 0) topics.delete(topic);
    ask();
  };
};

/** Runs after a lost link came back: what happened meanwhile has to be fetched. */
export const onReconnect = (run: () => void): (() => void) => {
  reconnections.add(run);
  return () => reconnections.delete(run);
};

export const connect = (): void => {
  cancelRetry();
  if (socket) return;
  if (lostSince === null) link.value = { state: 'connecting' };
  const opened = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`);
  socket = opened;
  opened.addEventListener('open', () => {
    tries = 0;
    link.value = { state: 'up' };
    ask();
    if (lostSince !== null) for (const run of reconnections) run();
    lostSince = null;
  });
  opened.addEventListener('message', (message) => {
    if (socket === opened) take(JSON.parse(String(message.data)) as LiveEvent); // the border: our own server
  });
  opened.addEventListener('close', () => {
    if (socket === opened) retryLater();
  });
};

export const disconnect = (): void => {
  cancelRetry();
  const open = socket;
  socket = null;
  lostSince = null;
  link.value = { state: 'idle' };
  open?.close();
};

const retryLater = (): void => {
  socket = null;
  lostSince ??= serverNow();
  const waitMs = Math.min(30_000, 1000 * 2 ** tries++) * (0.75 + Math.random() / 2); // thousands of tabs do not come back in one moment
  link.value = { state: 'lost', since: lostSince, nextTryAt: serverNow() + waitMs };
  cancelRetry = after(waitMs, connect);
};

/** Tells the server all topics, once for many changes in one turn. */
const ask = (): void => {
  if (asking) return;
  asking = true;
  queueMicrotask(() => {
    asking = false;
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ subscribe: [...topics.keys()].slice(0, 200) }));
  });
};

const take = (event: LiveEvent): void => {
  if (event.type === 'hello') setServerNow(event.now);
  const topic = event.type === 'rounds' ? `pair:${event.agent}:${event.task}` : event.type;
  for (const handler of topics.get(topic) ?? []) handler(event);
};
