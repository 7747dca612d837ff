import { isFrom, type Slot } from './batch.ts';
import type { EngineCounters } from './messages.ts';
import { makeReceived, type Received, readPacket } from './packet.ts';
import { cookieLow, countError, isInTime, type RoundBuffer } from './round.ts';
import type { IcmpSocket } from './socket.ts';
import { packetOf, roundOf, type TaskState } from './task-state.ts';

/** Puts a received packet where it belongs, or counts why it counts as nothing. */
export interface Receiver {
  take(socket: IcmpSocket, slot: Slot): void;
}

export interface ReceiverDeps {
  readonly counters: EngineCounters;
  /** The process's two words of the cookie. */
  readonly token: readonly [number, number];
  taskOf(identifier: number): TaskState | undefined;
  /** Takes what belongs to the canary; true when it did. */
  canary(received: Received, arrivedMs: number): boolean;
}

export const makeReceiver = (deps: ReceiverDeps): Receiver => {
  const { counters, token } = deps;
  const received = makeReceived();

  const take: Receiver['take'] = (socket, slot) => {
    const kind = readPacket(socket.family, slot.packet, slot.numbers[0] ?? 0, received);
    const arrivedMs = slot.timesMs[0] ?? 0;
    if (kind === 'foreign' || (kind === 'reply' && deps.canary(received, arrivedMs))) return;
    const state = deps.taskOf(received.identifier);
    if (state?.outbox?.socket !== socket) return; // an answer to another program's request
    if (kind === 'truncated') counters.truncated += 1;
    else if (kind === 'bad-checksum') counters.badChecksum += 1;
    else if (kind === 'error') takeError(state);
    else takeReply(state, slot, arrivedMs);
  };

  const takeReply = (state: TaskState, slot: Slot, arrivedMs: number): void => {
    const round = roundOf(state, received.sequence);
    const packet = round === null ? -1 : packetOf(round, received.sequence);
    if (round === null || !isCookieOf(round)) counters.wrongCookie += 1;
    else if (!isFrom(slot, state.words)) counters.wrongSource += 1;
    else if (received.sizeBytes !== state.task.sizeBytes) counters.truncated += 1;
    else countReply(state, round, packet, arrivedMs);
  };

  const isCookieOf = (round: RoundBuffer): boolean =>
    received.cookie[0] === token[0] &&
    received.cookie[1] === token[1] &&
    received.cookie[2] === round.secretHigh &&
    received.cookie[3] === cookieLow(round, received.sequence);

  const countReply = (state: TaskState, round: RoundBuffer, packet: number, arrivedMs: number): void => {
    if (round.arrivedMs[packet] !== 0) {
      if (round.open) round.duplicates += 1;
      else state.carriedDuplicates += 1;
      return;
    }
    counters.repliesReceived += 1;
    round.arrivedMs[packet] = arrivedMs;
    if (isInTime(round, packet, state.task.timeoutMs)) round.ttl = received.ttl;
    else if (!round.open) state.carriedLate += 1; // an open round's are counted when it closes
  };

  /** Only counted: whether the packet is lost, its timeout decides, so that a forged error takes nothing away. */
  const takeError = (state: TaskState): void => {
    const round = roundOf(state, received.sequence);
    if (round === null || !round.open) return;
    if (state.words.every((word, i) => received.peer[i] === word)) countError(round, received.error);
    else counters.wrongSource += 1;
  };

  return { take };
};
