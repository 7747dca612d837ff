import type { IpAddress } from './address.ts';
import type { Recipient } from './batch.ts';
import type { Destination, Refusal } from './guard.ts';
import type { EngineTask } from './messages.ts';
import type { Outbox } from './outbox.ts';
import type { EchoTemplate } from './packet.ts';
import { makeRoundBuffer, type RoundBuffer, resetRound } from './round.ts';

/** One task in the engine: where it stands in its round, and the round before, whose late replies may still come. */
export interface TaskState extends Recipient {
  readonly task: EngineTask;
  readonly ip: IpAddress;
  /** Of its family's socket; null when the host lacks the family. */
  readonly outbox: Outbox | null;
  /** One for all packets of the task, so that firewalls and load balancers see one flow. */
  readonly identifier: number;
  readonly template: EchoTemplate;
  readonly wireBytes: number;
  /** Its entries in the pacers find it gone when they are due. */
  removed: boolean;
  destination: Destination;
  /** Why nothing is sent at all, from the guard rails or for want of a socket. */
  refusal: Refusal | 'no-family' | null;
  nextSequence: number;
  /** Due time of the running round's first packet, or of the next round's. */
  slotMs: number;
  /** Packets of the running round that had their turn; 0 between rounds. */
  turn: number;
  current: RoundBuffer;
  previous: RoundBuffer;
  /** When the last round that has been sent closes. */
  closesMs: number;
  /** Rounds that wait for their last replies, the oldest first: two for the moment by which a tick is late. */
  readonly closing: RoundBuffer[];
  /** Late replies and duplicates that came after their round had been handed over: the next round counts them. */
  carriedLate: number;
  carriedDuplicates: number;
}

export const makeTaskState = (
  fixed: Pick<TaskState, 'task' | 'ip' | 'outbox' | 'identifier' | 'template' | 'wireBytes' | 'destination' | 'refusal'>,
  nextSequence: number,
  nowMs: number,
): TaskState => ({
  ...fixed,
  words: fixed.ip.words,
  zone: fixed.task.address.split('%')[1] ?? '',
  removed: false,
  nextSequence,
  slotMs: nextSlotMs(fixed.task, nowMs),
  turn: 0,
  current: makeRoundBuffer(),
  previous: makeRoundBuffer(),
  closesMs: 0,
  closing: [],
  carriedLate: 0,
  carriedDuplicates: 0,
});

/** The first time not before `afterMs` that is ≡ phase modulo the interval. */
export const nextSlotMs = (task: Pick<EngineTask, 'phaseMs' | 'intervalMs'>, afterMs: number): number =>
  task.phaseMs + Math.ceil((afterMs - task.phaseMs) / task.intervalMs) * task.intervalMs;

/** A tick is a few ms late; a round that closes this little after the next slot is no overrun. */
const TOLERATED_OVERRUN_MS = 50;

/** Whether the round of this slot must be left out: its time is long gone (the process was stopped), the last one is still running, or the one
 * before, whose buffer it needs, has not been closed. */
export const mustSkip = (state: TaskState, nowMs: number): boolean => {
  const lateMs = Math.min(1_000, state.task.intervalMs / 2);
  const isLate = nowMs - state.slotMs > Math.max(lateMs, TOLERATED_OVERRUN_MS);
  return isLate || state.closesMs > nowMs + TOLERATED_OVERRUN_MS || state.closing.includes(state.previous);
};

/** The last round becomes the previous one and keeps taking its late replies. */
export const startRound = (state: TaskState): void => {
  const reused = state.previous;
  state.previous = state.current;
  state.current = reused;
  resetRound(reused, state.slotMs, state.nextSequence);
  reused.late = state.carriedLate;
  reused.duplicates = state.carriedDuplicates;
  state.carriedLate = 0;
  state.carriedDuplicates = 0;
};

/** Which of the task's two rounds sent this sequence; null when neither did. */
export const roundOf = (state: TaskState, sequence: number): RoundBuffer | null => {
  if (hasSent(state.current, sequence)) return state.current;
  return hasSent(state.previous, sequence) ? state.previous : null;
};

export const packetOf = (round: RoundBuffer, sequence: number): number => (sequence - round.firstSequence) & 0xffff;

const hasSent = (round: RoundBuffer, sequence: number): boolean => {
  const packet = packetOf(round, sequence);
  return packet < round.turns && round.sentMs[packet] !== 0;
};
