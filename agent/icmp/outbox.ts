import { makeBatch, writeRecipient } from './batch.ts';
import type { EngineCounters } from './messages.ts';
import { type EchoTemplate, writeEcho } from './packet.ts';
import { cookieLow, countError, type RoundBuffer } from './round.ts';
import { type IcmpSocket, sendErrorName } from './socket.ts';
import type { TaskState } from './task-state.ts';

/** Packets of one socket that go out together: the kernel is asked once for each, JavaScript is left and entered once for all. */
export interface Outbox {
  readonly socket: IcmpSocket;
  /** The round's packet of this number. It leaves with the next `send`, or when the outbox is full. */
  put(state: TaskState, round: RoundBuffer, packet: number): void;
  /** Sends what was put, and notes in each round when its packet left, or why not. */
  send(): void;
}

/** Packets between two looks at what else there is to do: about a millisecond. */
export const OUTBOX_PACKETS = 64;

export const makeOutbox = (socket: IcmpSocket, token: readonly [number, number], counters: EngineCounters): Outbox => {
  const batch = makeBatch(OUTBOX_PACKETS);
  const lying: (EchoTemplate | null)[] = batch.slots.map(() => null);
  // By slot; written over, never emptied: that costs a call into the engine of the language, a thousand times a second.
  const states: TaskState[] = [];
  const rounds: RoundBuffer[] = [];
  const packets: number[] = [];
  let count = 0;
  const cookie: [number, number, number, number] = [token[0], token[1], 0, 0];

  const put: Outbox['put'] = (state, round, packet) => {
    const { task, template } = state;
    if (count > 0) {
      const first = states[0]?.task;
      if (count === OUTBOX_PACKETS || first?.ttl !== task.ttl || first.dscp !== task.dscp) send();
    }
    const slot = batch.slots[count];
    if (slot === undefined) return;
    if (lying[count] !== template) slot.packet.set(template.bytes);
    lying[count] = template;
    const sequence = (round.firstSequence + packet) & 0xffff;
    cookie[2] = round.secretHigh;
    cookie[3] = cookieLow(round, sequence);
    writeEcho(template, slot.packet, state.identifier, sequence, cookie);
    writeRecipient(slot, state);
    slot.numbers[0] = template.bytes.length;
    states[count] = state;
    rounds[count] = round;
    packets[count] = packet;
    count += 1;
  };

  const send = (): void => {
    const first = states[0]?.task;
    if (count === 0 || first === undefined) return;
    socket.send(batch, count, first.ttl, first.dscp);
    for (let at = 0; at < count; at += 1) note(at);
    count = 0;
  };

  const note = (at: number): void => {
    const slot = batch.slots[at];
    const round = rounds[at];
    const packet = packets[at];
    if (slot === undefined || round === undefined || packet === undefined) return;
    const errno = slot.numbers[1];
    if (errno === 0) {
      counters.packetsSent += 1;
      round.sentMs[packet] = slot.timesMs[0] ?? 0;
      round.leftMs[packet] = slot.timesMs[1] ?? 0;
    } else {
      counters.sendErrors += 1;
      countError(round, sendErrorName(errno ?? 0));
    }
  };

  return { socket, put, send };
};
