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
  const states: TaskState[] = [];
  const rounds: RoundBuffer[] = [];
  const packets: number[] = [];
  const cookie: [number, number, number, number] = [token[0], token[1], 0, 0];

  const put: Outbox['put'] = (state, round, packet) => {
    const { task, template } = state;
    const first = states[0]?.task;
    if (states.length === OUTBOX_PACKETS || (first !== undefined && (first.ttl !== task.ttl || first.dscp !== task.dscp))) send();
    const at = states.length;
    const slot = batch.slots[at];
    if (slot === undefined) return;
    if (lying[at] !== template) slot.packet.set(template.bytes);
    lying[at] = template;
    const sequence = (round.firstSequence + packet) & 0xffff;
    cookie[2] = round.secretHigh;
    cookie[3] = cookieLow(round, sequence);
    writeEcho(template, slot.packet, state.identifier, sequence, cookie);
    writeRecipient(slot, state);
    slot.numbers[0] = template.bytes.length;
    states.push(state);
    rounds.push(round);
    packets.push(packet);
  };

  const send = (): void => {
    const first = states[0];
    if (first === undefined) return;
    socket.send(batch, states.length, first.task.ttl, first.task.dscp);
    for (let i = 0; i < states.length; i += 1) note(i);
    states.length = 0;
    rounds.length = 0;
    packets.length = 0;
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
