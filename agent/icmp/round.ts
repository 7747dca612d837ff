import type { ClosedRound } from './messages.ts';

/** One window of packets while it is measured. Two of them belong to a task and take turns; the hot loop writes into them. */
export interface RoundBuffer {
  /** From the first packet's due time until the round has been handed over. */
  open: boolean;
  startedMs: number;
  firstSequence: number;
  /** Packets of the round that had their turn: sent or held back. */
  turns: number;
  /** By packet: when it was sent, 0 when it was held back. */
  readonly sentMs: number[];
  /** By packet: when the kernel had taken it: it left between `sentMs` and this. */
  readonly leftMs: number[];
  /** By packet: when its first reply came, 0 when none did. */
  readonly arrivedMs: number[];
  /** The round's random words: with the sequence they make each packet's cookie. */
  secretHigh: number;
  secretLow: number;
  /** Late replies of the round before, which came after it had been handed over. */
  late: number;
  duplicates: number;
  ttl: number | null;
  /** ICMP errors and what kept packets from leaving, by name; null while there is none. */
  errors: Record<string, number> | null;
}

export const makeRoundBuffer = (): RoundBuffer => ({
  open: false,
  startedMs: 0,
  firstSequence: 0,
  turns: 0,
  sentMs: [],
  leftMs: [],
  arrivedMs: [],
  secretHigh: 0,
  secretLow: 0,
  late: 0,
  duplicates: 0,
  ttl: null,
  errors: null,
});

export const resetRound = (round: RoundBuffer, startedMs: number, firstSequence: number): void => {
  round.open = true;
  round.startedMs = startedMs;
  round.firstSequence = firstSequence;
  round.turns = 0;
  round.late = 0;
  round.duplicates = 0;
  round.ttl = null;
  round.errors = null;
};

/** The last word of a packet's cookie. Nobody who has not seen a packet of the round can make one; whoever has seen it could answer it anyway. */
export const cookieLow = (round: RoundBuffer, sequence: number): number => (round.secretLow ^ Math.imul(sequence, 0x9e3779b1)) >>> 0;

export const countError = (round: RoundBuffer, name: string): void => {
  round.errors ??= {};
  round.errors[name] = (round.errors[name] ?? 0) + 1;
};

/** Whether a packet's reply came within the timeout, counted from when the packet had surely left: what held up our own send is no loss. */
export const isInTime = (round: RoundBuffer, packet: number, timeoutMs: number): boolean =>
  (round.arrivedMs[packet] ?? 0) - (round.leftMs[packet] ?? 0) <= timeoutMs;

/** Whether a packet has no reply at all. */
export const hasLoss = (round: RoundBuffer): boolean => {
  for (let i = 0; i < round.turns; i += 1) if (round.sentMs[i] !== 0 && round.arrivedMs[i] === 0) return true;
  return false;
};

export interface Closing {
  readonly slot: number;
  readonly timeoutMs: number;
  readonly closedMs: number;
  readonly noise: ClosedRound['noise'];
  /** Whether our socket may have dropped a reply that was awaited in this span. */
  mayHaveDropped(fromMs: number, toMs: number): boolean;
}

/** RTTs are handed over in tenths of a microsecond: the clock knows no more, and whole numbers are short. */
export const RTT_UNITS_PER_MS = 10_000;

/** The round as it leaves this process: what became of each packet. The statistics are worked out where they disturb no packet (sample.ts). */
export const closeRound = (round: RoundBuffer, closing: Closing): ClosedRound => {
  const rtts: (number | null)[] = [];
  const unknown: number[] = [];
  const sends: number[] = [];
  let { late } = round;
  let lastArrivedMs = 0;
  let inOrder = true;
  for (let i = 0; i < round.turns; i += 1) {
    const sentMs = round.sentMs[i] ?? 0;
    if (sentMs === 0) continue;
    const arrivedMs = round.arrivedMs[i] ?? 0;
    const rttMs = Math.max(0, arrivedMs - sentMs);
    sends.push(Math.round(((round.leftMs[i] ?? 0) - sentMs) * RTT_UNITS_PER_MS));
    if (arrivedMs !== 0 && isInTime(round, i, closing.timeoutMs)) {
      rtts.push(Math.round(rttMs * RTT_UNITS_PER_MS));
      if (arrivedMs < lastArrivedMs) inOrder = false;
      lastArrivedMs = arrivedMs;
      continue;
    }
    if (arrivedMs !== 0) late += 1;
    else if (closing.mayHaveDropped(sentMs, (round.leftMs[i] ?? sentMs) + closing.timeoutMs)) unknown.push(rtts.length);
    rtts.push(null);
  }
  return {
    slot: closing.slot,
    startedMs: round.startedMs,
    durationMs: Math.round(closing.closedMs - round.startedMs),
    rtts,
    sends,
    late,
    duplicates: round.duplicates,
    ttl: round.ttl,
    noise: closing.noise,
    ...(unknown.length === 0 ? {} : { unknown }),
    ...(inOrder ? {} : { arrivals: arrivalOrder(round, rtts) }),
    ...(round.errors === null ? {} : { errors: round.errors }),
  };
};

/** The packets that were answered in time, by their number in `rtts`, in the order in which their replies came. */
const arrivalOrder = (round: RoundBuffer, rtts: readonly (number | null)[]): number[] => {
  const arrivedMs = round.arrivedMs.slice(0, round.turns).filter((_, i) => round.sentMs[i] !== 0);
  const answered = rtts.flatMap((rtt, i) => (rtt === null ? [] : [i]));
  return answered.sort((a, b) => (arrivedMs[a] ?? 0) - (arrivedMs[b] ?? 0));
};
