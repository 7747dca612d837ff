import { Duplex } from 'node:stream';
import type { Guard } from './guard.ts';

export interface StreamLimits {
  /** More than this unsent for one client and it is cut, so that it never holds the others back. */
  readonly queueBytes: number;
}

const END_WITHIN_MS = 300;

/**
 * The stream that the broker gets instead of the socket: what comes in has passed the guard; what goes out is handed to the socket at once,
 * so that the broker never waits for a slow reader. `onClosed` hears why, when it was not the client's own wish.
 */
export const guardStream = (
  socket: Duplex,
  guard: Guard,
  limits: StreamLimits,
  onClosed: (why: 'guard' | 'slow', reason: string) => void,
): Duplex => {
  const head: number[] = [];
  /** The broker's first packet is the CONNACK; its fourth byte 0 means that the CONNECT is accepted. */
  const watchHead = (chunk: Uint8Array): void => {
    for (const byte of chunk.subarray(0, 4 - head.length)) head.push(byte);
    if (head.length === 4 && head[0] === 0x20 && head[3] === 0) guard.accepted();
  };
  const send = (chunks: readonly Uint8Array[]): void => {
    if (socket.destroyed) return;
    if (socket.writableLength > limits.queueBytes) {
      onClosed('slow', `${socket.writableLength} bytes wait for it, more than the ${limits.queueBytes} allowed`);
      socket.destroy();
      return;
    }
    if (head.length < 4) for (const chunk of chunks) watchHead(chunk);
    socket.cork();
    for (const chunk of chunks) socket.write(chunk);
    socket.uncork();
  };
  const stream = new Duplex({
    allowHalfOpen: false,
    decodeStrings: true,
    writableHighWaterMark: 2 * limits.queueBytes,
    read: () => {
      socket.resume();
    },
    write: (chunk: Uint8Array, _encoding, done) => {
      send([chunk]);
      done();
    },
    writev: (chunks, done) => {
      send(chunks.map(({ chunk }) => chunk));
      done();
    },
    final: (done) => {
      socket.end();
      done();
    },
    destroy: (error, done) => {
      // A refusing CONNACK, written a moment ago, still goes out; a queue that does not move is dropped.
      if (error === null && socket.writableLength === 0) endSoon(socket);
      else socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk: Uint8Array) => {
    const violation = guard.feed(chunk);
    if (violation === null) {
      const passed = chunk.subarray(0, guard.passes());
      if (passed.length > 0 && !stream.push(passed)) socket.pause();
      return;
    }
    onClosed('guard', violation.reason);
    socket.removeAllListeners('data');
    if (violation.reply !== undefined) socket.write(violation.reply);
    stream.destroy();
  });
  socket.on('end', () => stream.push(null));
  socket.on('error', () => stream.destroy());
  socket.on('close', () => stream.destroy());
  return stream;
};

/** A polite end, for a peer that does not answer to it a short one: a WebSocket would wait half a minute for its goodbye. */
const endSoon = (socket: Duplex): void => {
  const destroy = (): void => void socket.destroy();
  AbortSignal.timeout(END_WITHIN_MS).addEventListener('abort', destroy, { once: true });
  socket.end(destroy);
};
