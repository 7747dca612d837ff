import * as z from 'zod';
import { LiveEvent, LiveRequest } from '../../protocol/api.ts';
import { slept } from '../../protocol/time.ts';
import type { Context } from './context.ts';
import type { App } from './instance.ts';
import { openFeed } from './live/feed.ts';
import { openTab, type Tab } from './live/tab.ts';
import { refuse } from './problem.ts';
import { findByHash } from './sessions.ts';

const FLUSH_MS = 250;
/** Lists and numbers go out with every fourth flush, and every eightieth asks whether tabs and their sessions are still there. */
const LISTS_EVERY = 4;
const CHECK_EVERY = 80;
const MOST_TABS = 500;

const SESSION_OVER = 4401;
const BAD_REQUEST = 1008;

/** @fastify/websocket hides its routes from the description, so this one describes itself. */
const DESCRIPTION = {
  tags: ['live'],
  summary: 'WebSocket: say {"subscribe": [topics]}, hear live events',
  response: {
    101: {
      description: 'Switching protocols; every message is one of these',
      content: { 'application/json': { schema: z.toJSONSchema(LiveEvent, { io: 'output' }) } },
    },
  },
};

/** One WebSocket a tab: it names topics, and hears of them until its session ends. Nothing is replayed; after a gap the tab fetches. */
export const addLive = (app: App, context: Context, signal: AbortSignal): void => {
  const { controller } = context;
  const tabs = new Set<Tab>();
  const feed = openFeed(context);
  const stop = controller.changes.listen((change) => feed.note(change, (topic) => [...tabs].some((tab) => tab.wants(topic))));
  signal.addEventListener('abort', stop, { once: true });
  app.addHook('onClose', async () => stop());

  app.get(
    '/api/v1/live',
    {
      websocket: true,
      exposeHeadRoute: false,
      config: { access: 'viewer', swaggerTransform: ({ url }) => ({ schema: DESCRIPTION, url }) },
      onRequest: async () => {
        if (tabs.size >= MOST_TABS) throw refuse(503, `${MOST_TABS} tabs are open already`);
      },
    },
    (socket, request) => {
      const tab = openTab(socket, request.actor?.session ?? null);
      tabs.add(tab);
      socket.on('close', () => tabs.delete(tab));
      socket.on('error', (error) => context.log.warn('live-tab-failed', error.message));
      socket.on('message', (data: Buffer) => take(tab, data.toString('utf8')));
      tab.send(JSON.stringify({ type: 'hello', now: controller.clock.now() }), controller.clock.monotonic());
    },
  );
  void run(context, feed, tabs, signal);
};

const take = (tab: Tab, text: string): void => {
  const parsed = LiveRequest.safeParse(jsonOf(text));
  if (parsed.success) tab.subscribe(parsed.data.subscribe);
  else tab.close(BAD_REQUEST, 'send {"subscribe": [topics]}');
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** Never rejects: a flush that fails is logged once, and the next one is tried. */
const run = async (context: Context, feed: ReturnType<typeof openFeed>, tabs: Set<Tab>, signal: AbortSignal): Promise<void> => {
  let failing = false;
  for (let turn = 1; await slept(context.controller.clock, FLUSH_MS, signal); turn++) {
    try {
      feed.flushRounds([...tabs]);
      if (turn % LISTS_EVERY === 0) await feed.flushLists([...tabs]);
      if (turn % CHECK_EVERY === 0) await check(context, tabs);
      failing = false;
    } catch (error) {
      if (!failing && !signal.aborted) context.log.error('live-failed', `tabs are not told: ${String(error)}`);
      failing = true;
    }
  }
};

const check = async ({ state, controller }: Context, tabs: ReadonlySet<Tab>): Promise<void> => {
  for (const tab of tabs) {
    const isOver = tab.session !== null && (await findByHash(state, controller.clock, tab.session)) === null;
    if (isOver) tab.close(SESSION_OVER, 'the session is over: sign in');
    else tab.ping();
  }
};
