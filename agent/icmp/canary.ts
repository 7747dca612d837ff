import { parseIp } from './address.ts';
import { makeBatch, writeRecipient } from './batch.ts';
import { makeTemplate, type Received, writeEcho } from './packet.ts';
import type { IcmpSocket } from './socket.ts';

/** An echo to the host itself on the same socket, through the same loop: what it takes is our own noise. Not a measurement, so no guard rail counts it. */
export interface Canary {
  readonly nextDueMs: number;
  send(): void;
  /** Takes a reply if it is the canary's: true. */
  take(received: Received, arrivedMs: number): boolean;
}

export interface CanaryDeps {
  readonly socket: IcmpSocket;
  readonly identifier: number;
  readonly token: readonly [number, number];
  now(): number;
  randomWord(): number;
  /** Its RTT, and how much of it came after the send had returned: the kernel answers an echo to itself before that. */
  measured(rttMs: number, unseenMs: number, arrivedMs: number): void;
}

const EVERY_MS = 100;
const SIZE_BYTES = 56;
const TTL = 64;

export const makeCanary = (deps: CanaryDeps): Canary => {
  const { socket } = deps;
  const template = makeTemplate(socket.family, SIZE_BYTES);
  const batch = makeBatch(1);
  const [slot] = batch.slots;
  if (slot === undefined) throw new Error('a batch without a slot');
  slot.packet.set(template.bytes);
  slot.numbers[0] = template.bytes.length;
  writeRecipient(slot, { words: parseIp(socket.family === 'v4' ? '127.0.0.1' : '::1')?.words ?? [], zone: '' });
  const cookie: [number, number, number, number] = [...deps.token, 0, 0];
  let sequence = 0;
  let sentMs = 0;
  let leftMs = 0;
  let nextDueMs = 0;
  return {
    get nextDueMs() {
      return nextDueMs;
    },
    send: () => {
      nextDueMs = deps.now() + EVERY_MS;
      sequence = (sequence + 1) & 0xffff;
      cookie[2] = deps.randomWord();
      cookie[3] = deps.randomWord();
      writeEcho(template, slot.packet, deps.identifier, sequence, cookie);
      socket.send(batch, 1, TTL, 0);
      sentMs = slot.numbers[1] === 0 ? (slot.timesMs[0] ?? 0) : 0;
      leftMs = slot.timesMs[1] ?? 0;
    },
    take: (received, arrivedMs) => {
      if (received.identifier !== deps.identifier) return false;
      if (sentMs !== 0 && received.sequence === sequence && received.cookie.every((word, i) => word === cookie[i])) {
        deps.measured(Math.max(0, arrivedMs - sentMs), Math.max(0, arrivedMs - leftMs), arrivedMs);
        sentMs = 0;
      }
      return true;
    },
  };
};
