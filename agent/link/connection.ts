import type { Session, SessionOptions, Transport } from '../../protocol/link.ts';
import type { Log } from '../../protocol/log.ts';
import type { Random } from '../../protocol/random.ts';
import { type Clock, slept } from '../../protocol/time.ts';
import { backOffMs } from './back-off.ts';

/** A session that lasted this long was a good one: the next failure is the first in a row again. */
const GOOD_MS = 10_000;

export interface Conversation {
  readonly options: SessionOptions;
  /** Runs for as long as the session lasts; the signal aborts when it has closed or the agent stops. Must not reject. */
  serve(session: Session, signal: AbortSignal): Promise<void>;
}

export interface LinkDeps {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Called for each attempt. */
  readonly converse: () => Conversation;
  readonly onState: (connected: boolean, detail: string) => void;
}

/** Keeps one session up, with back-off in between, until the signal aborts. Never rejects. */
export const keepConnected = async (deps: LinkDeps, signal: AbortSignal): Promise<void> => {
  const { clock, random, log } = deps;
  let failures = 0;
  while (!signal.aborted) {
    const startedMs = clock.monotonic();
    const ended = await oneSession(deps, signal);
    if (signal.aborted) return;
    failures = clock.monotonic() - startedMs >= GOOD_MS && ended.wasUp ? 1 : failures + 1;
    const waitMs = backOffMs(failures, random.fraction());
    deps.onState(false, ended.reason);
    // Told at the first failure and then ever more rarely: an outage of a day is not a thousand lines.
    if (ended.wasUp || (failures & (failures - 1)) === 0)
      log.warn(ended.wasUp ? 'link-lost' : 'link-failed', `no session with the broker: ${ended.reason}`, {
        failures,
        againInMs: Math.round(waitMs),
      });
    await slept(clock, waitMs, signal);
  }
};

const oneSession = async (deps: LinkDeps, signal: AbortSignal): Promise<{ readonly wasUp: boolean; readonly reason: string }> => {
  const conversation = deps.converse();
  let session: Session;
  try {
    session = await deps.transport.connect(conversation.options, signal);
  } catch (error) {
    return { wasUp: false, reason: error instanceof Error ? error.message : String(error) };
  }
  deps.onState(true, 'connected');
  deps.log.info('link-up', 'session with the broker', {});
  const over = new AbortController();
  const stop = (): void => over.abort(signal.reason);
  signal.addEventListener('abort', stop);
  if (signal.aborted) stop();
  const closed = session.closed.then((reason) => {
    over.abort(new Error(reason));
    return reason;
  });
  await conversation.serve(session, over.signal);
  signal.removeEventListener('abort', stop);
  if (signal.aborted) {
    await session.close();
    return { wasUp: true, reason: 'stopped' };
  }
  if (!over.signal.aborted) await session.close();
  return { wasUp: true, reason: await closed };
};
