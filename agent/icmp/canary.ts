import { type EchoTemplate, makeTemplate, type Received, writeEcho } from './packet.ts';
import type { IcmpSocket } from './socket.ts';

/** An echo to the host itself on the same socket, through the same loop: what it takes is our own noise. Not a measurement, so no guard rail counts it. */
export interface Canary {
  readonly nextDueMs: number;
  send(nowMs: number): void;
  /** Takes a reply if it is the canary's: true. */
  take(received: Received, arrivedMs: number): boolean;
}

export interface CanaryDeps {
  readonly socket: IcmpSocket;
  readonly identifier: number;
  readonly token: readonly [number, number];
  randomWord(): number;
  measured(rttMs: number, nowMs: number): void;
}

const EVERY_MS = 100;
const SIZE_BYTES = 56;
const TTL = 64;

export const makeCanary = (deps: CanaryDeps): Canary => {
  const { socket } = deps;
  const template: EchoTemplate = makeTemplate(socket.family, SIZE_BYTES);
  const address = socket.family === 'v4' ? '127.0.0.1' : '::1';
  const cookie: [number, number, number, number] = [...deps.token, 0, 0];
  let sequence = 0;
  let sentMs = 0;
  let nextDueMs = 0;
  return {
    get nextDueMs() {
      return nextDueMs;
    },
    send: (nowMs) => {
      nextDueMs = nowMs + EVERY_MS;
      sequence = (sequence + 1) & 0xffff;
      cookie[2] = deps.randomWord();
      cookie[3] = deps.randomWord();
      const packet = writeEcho(template, deps.identifier, sequence, cookie);
      sentMs = nowMs;
      if (socket.send(packet, address, TTL, 0) !== '') sentMs = 0;
    },
    take: (received, arrivedMs) => {
      if (received.identifier !== deps.identifier) return false;
      if (sentMs !== 0 && received.sequence === sequence && received.cookie.every((word, i) => word === cookie[i])) {
        deps.measured(arrivedMs - sentMs, arrivedMs);
        sentMs = 0;
      }
      return true;
    },
  };
};
