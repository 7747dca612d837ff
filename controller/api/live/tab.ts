import type { WebSocket } from 'ws';
import type { LiveEvent } from '../../../protocol/api.ts';

type WithoutSeq<T> = T extends { readonly seq: number } ? Omit<T, 'seq'> : never;
export type LiveMessage = WithoutSeq<LiveEvent>;

/** A tab that has not read this much gets nothing more until it has: what it missed shows as a gap in the sequence. */
const MOST_WAITING_BYTES = 1024 * 1024;
/** A tab that reads nothing for this long is gone. */
const STUCK_MS = 30_000;

export interface Tab {
  /** The hash of its session; null over the Unix socket. */
  readonly session: string | null;
  wants(topic: string): boolean;
  /** Topics asked for since the last call: they get the present state once. */
  takeNew(): ReadonlySet<string>;
  subscribe(topics: readonly string[]): void;
  /** Sends the text of a message, made once for all tabs. `now` is monotonic. */
  send(text: string, now: number): void;
  /** Something that the tab should have had was dropped before it got here. */
  skip(): void;
  /** Asks whether it is still there; ends it when the last question was not answered. */
  ping(): void;
  close(code: number, reason: string): void;
}

export const openTab = (socket: WebSocket, session: string | null): Tab => {
  let seq = 0;
  let topics: ReadonlySet<string> = new Set();
  let fresh = new Set<string>();
  let stuckSince: number | null = null;
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  return {
    session,
    wants: (topic) => topics.has(topic),
    takeNew() {
      const taken = fresh;
      fresh = new Set();
      return taken;
    },
    subscribe(wanted) {
      fresh = new Set([...fresh, ...wanted.filter((topic) => !topics.has(topic))]);
      topics = new Set(wanted);
    },
    send(text, now) {
      seq += 1;
      if (socket.bufferedAmount <= MOST_WAITING_BYTES) {
        stuckSince = null;
        socket.send(`{"seq":${seq},${text.slice(1)}`);
        return;
      }
      stuckSince ??= now;
      if (now - stuckSince > STUCK_MS) socket.terminate();
    },
    skip() {
      seq += 1;
    },
    ping() {
      if (!answered) socket.terminate();
      answered = false;
      socket.ping();
    },
    close: (code, reason) => socket.close(code, reason),
  };
};
