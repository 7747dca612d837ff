import { makeSketch, encodeSketch } from '../../protocol/sketch.ts';
import type { ErrorBound } from '../../protocol/probes/icmp.ts';
import type { Outcome } from '../../protocol/round.ts';
import { rttStatistics } from '../stats/delay.ts';
import { delayVariation } from '../stats/delay-variation.ts';
import { type Fate, longestLossRun, reorderedCount } from '../stats/loss.ts';

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
  /** By packet: when its first reply came, 0 when none did. */
  readonly arrivedMs: number[];
  /** By packet: its two words of the cookie. */
  readonly cookieHigh: number[];
  readonly cookieLow: number[];
  /** Late replies of the round before, which came after it had been handed over. */
  late: number;
  duplicates: number;
  ttl: number | null;
  /** ICMP errors and what kept packets from leaving, by name. */
  errors: Record<string, number>;
}

export const makeRoundBuffer = (): RoundBuffer => ({
  open: false,
  startedMs: 0,
  firstSequence: 0,
  turns: 0,
  sentMs: [],
  arrivedMs: [],
  cookieHigh: [],
  cookieLow: [],
  late: 0,
  duplicates: 0,
  ttl: null,
  errors: {},
});

export const resetRound = (round: RoundBuffer, startedMs: number, firstSequence: number): void => {
  round.open = true;
  round.startedMs = startedMs;
  round.firstSequence = firstSequence;
  round.turns = 0;
  round.late = 0;
  round.duplicates = 0;
  round.ttl = null;
  round.errors = {};
};

export const countError = (round: RoundBuffer, name: string): void => {
  round.errors[name] = (round.errors[name] ?? 0) + 1;
};

export interface Closing {
  readonly address: string;
  readonly timeoutMs: number;
  readonly errorBound: ErrorBound;
  /** Whether our socket may have dropped a reply that was awaited in this span. */
  mayHaveDropped(fromMs: number, toMs: number): boolean;
  /** Whether the engine itself stood still at this time, so that a reply in time was seen too late. */
  stalledAt(atMs: number): boolean;
}

/** The round's outcome once every packet has been answered or has timed out. */
export const closeRound = (round: RoundBuffer, closing: Closing): Outcome => {
  const sent: number[] = [];
  for (let i = 0; i < round.turns; i += 1) if (round.sentMs[i] !== 0) sent.push(i);
  if (sent.length === 0) return nothingSent(round);
  const rttsMs = sent.map((i) => rttOf(round, i, closing.timeoutMs));
  const fates = sent.map((i, n): Fate => {
    if (rttsMs[n] !== null) return 'received';
    const sentMs = round.sentMs[i] ?? 0;
    const deadlineMs = sentMs + closing.timeoutMs;
    if (closing.mayHaveDropped(sentMs, deadlineMs)) return 'unknown';
    return isLate(round, i) && closing.stalledAt(deadlineMs) ? 'unknown' : 'lost';
  });
  const late = sent.filter((i, n) => fates[n] === 'lost' && isLate(round, i)).length;
  const received = rttsMs.filter((rtt) => rtt !== null);
  return {
    status: 'sampled',
    sample: {
      kind: 'icmp',
      address: closing.address,
      sent: sent.length,
      received: received.length,
      lost: countFate(fates, 'lost'),
      late: round.late + late,
      unknown: countFate(fates, 'unknown'),
      duplicates: round.duplicates,
      reordered: reorderedCount(arrivalOrder(round, sent, rttsMs)),
      longestLossRun: longestLossRun(fates),
      errors: round.errors,
      ttl: round.ttl,
      rtt: rounded(rttStatistics(received)),
      variation: rounded(delayVariation(rttsMs)),
      errorBound: closing.errorBound,
      sketch: encodeSketch(makeSketch(received)),
    },
  };
};

/** To a tenth of a microsecond: the clock behind them knows no more, and 17 digits are dear on the way and in the store. */
const rounded = <T extends Readonly<Record<string, number | null>> | null>(statistics: T): T => {
  if (statistics === null) return statistics;
  const copy = { ...statistics };
  for (const [name, value] of Object.entries(statistics)) if (value !== null) Object.assign(copy, { [name]: roundMs(value) });
  return copy;
};

export const roundMs = (ms: number): number => Math.round(ms * 1e4) / 1e4;

/** null when no reply came within the timeout: a late one is a lost packet. */
const rttOf = (round: RoundBuffer, packet: number, timeoutMs: number): number | null => {
  const arrivedMs = round.arrivedMs[packet] ?? 0;
  if (arrivedMs === 0) return null;
  const rttMs = arrivedMs - (round.sentMs[packet] ?? 0);
  return rttMs <= timeoutMs ? rttMs : null;
};

/** Only for a packet without an RTT. */
const isLate = (round: RoundBuffer, packet: number): boolean => round.arrivedMs[packet] !== 0;

const countFate = (fates: readonly Fate[], fate: Fate): number => fates.reduce((sum, one) => (one === fate ? sum + 1 : sum), 0);

const arrivalOrder = (round: RoundBuffer, sent: readonly number[], rttsMs: readonly (number | null)[]): number[] => {
  const arrived = sent.filter((_, n) => rttsMs[n] !== null);
  return arrived.sort((a, b) => (round.arrivedMs[a] ?? 0) - (round.arrivedMs[b] ?? 0));
};

/** A round of which no packet left says nothing about the target: the agent is to blame, and the commonest reason is told. */
const nothingSent = (round: RoundBuffer): Outcome => {
  const [[reason] = ['guard-rail']] = Object.entries(round.errors).toSorted(([, a], [, b]) => b - a);
  return { status: 'failed', blame: 'agent', reason, detail: DETAILS[reason] ?? `the kernel refused to send: ${reason}` };
};

const DETAILS: Record<string, string> = {
  'guard-rail': 'held back by the guard rails (packets or bytes a second per target, per network or in all): see the limits file',
  'no-limits': 'the limits file is missing or unreadable, so nothing is sent',
  'probe-not-allowed': 'the limits file does not allow icmp',
  'denied-network': 'the limits file, or its fixed part (broadcast, multicast, 0.0.0.0/8), denies this address',
  'no-family': 'this host has no such address family (IPv6 is switched off)',
};
