import type { Outcome } from '../../protocol/round.ts';
import { encodeSketch, makeSketch } from '../../protocol/sketch.ts';
import { rttStatistics } from '../stats/delay.ts';
import { delayVariation } from '../stats/delay-variation.ts';
import { errorBound, type Noise, type PacketNoise } from '../stats/error-bound.ts';
import { type Fate, longestLossRun, reorderedCount } from '../stats/loss.ts';
import type { ClosedRound } from './messages.ts';
import { RTT_UNITS_PER_MS } from './round.ts';

/** The outcome of a closed round at `address`: everything that a sample says, worked out from what became of each packet. */
export const outcomeOf = (round: ClosedRound, address: string): Outcome => {
  const { rtts, errors = {} } = round;
  if (rtts.length === 0) return nothingSent(errors);
  const unknown = new Set(round.unknown);
  const rttsMs = rtts.map((rtt) => (rtt === null ? null : rtt / RTT_UNITS_PER_MS));
  const received = rttsMs.filter((rtt) => rtt !== null);
  const fates = rttsMs.map((rtt, i): Fate => (rtt !== null ? 'received' : unknown.has(i) ? 'unknown' : 'lost'));
  return {
    status: 'sampled',
    sample: {
      kind: 'icmp',
      address,
      sent: rtts.length,
      received: received.length,
      lost: rtts.length - received.length - unknown.size,
      late: round.late,
      unknown: unknown.size,
      duplicates: round.duplicates,
      reordered: round.arrivals === undefined ? 0 : reorderedCount(round.arrivals),
      longestLossRun: longestLossRun(fates),
      errors,
      ttl: round.ttl,
      rtt: rounded(rttStatistics(received)),
      variation: rounded(delayVariation(rttsMs)),
      errorBound: rounded(errorBound(noiseOf(round), packetNoise(round))),
      sketch: encodeSketch(makeSketch(received)),
    },
  };
};

const noiseOf = ({ noise: [canaryMs, unseenMs, schedulerLagMs, socketDrops] }: ClosedRound): Noise => ({
  canaryMs,
  unseenMs,
  schedulerLagMs,
  socketDrops,
});

const packetNoise = ({ rtts, sends }: ClosedRound): PacketNoise[] =>
  rtts.flatMap((rtt, i) => (rtt === null ? [] : [{ rttMs: rtt / RTT_UNITS_PER_MS, sendMs: (sends[i] ?? 0) / RTT_UNITS_PER_MS }]));

/** To a tenth of a microsecond: what lies behind knows no more, and 17 digits are dear on the way and in the store. */
const rounded = <T extends Readonly<Record<string, number | null>> | null>(statistics: T): T => {
  if (statistics === null) return statistics;
  const copy = { ...statistics };
  for (const [name, value] of Object.entries(statistics))
    if (value !== null) Object.assign(copy, { [name]: Math.round(value * RTT_UNITS_PER_MS) / RTT_UNITS_PER_MS });
  return copy;
};

/** A round of which no packet left says nothing about the target: the agent is to blame, and the commonest reason is told. */
const nothingSent = (errors: Readonly<Record<string, number>>): Outcome => {
  const [[reason] = ['guard-rail']] = Object.entries(errors).toSorted(([, a], [, b]) => b - a);
  return { status: 'failed', blame: 'agent', reason, detail: DETAILS[reason] ?? `the kernel refused to send: ${reason}` };
};

const DETAILS: Readonly<Record<string, string>> = {
  'guard-rail': 'held back by the guard rails (packets or bytes a second per target, per network or in all): see the limits file',
  'no-limits': 'the limits file is missing or unreadable, so nothing is sent',
  'probe-not-allowed': 'the limits file does not allow icmp',
  'denied-network': 'the limits file, or its fixed part (broadcast, multicast, 0.0.0.0/8), denies this address',
  'no-family': 'this host has no such address family (IPv6 is switched off)',
};
