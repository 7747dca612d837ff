import type { Random } from '../../protocol/random.ts';
import type { Outcome } from '../../protocol/round.ts';
import type { ClosedRound } from '../icmp/messages.ts';
import { outcomeOf } from '../icmp/sample.ts';

/** A made-up path: what a round over it looks like. */
export interface PathModel {
  /** Share of packets lost, 0 to 1. */
  readonly loss: number;
  /** Median RTT, ms, and how far packets scatter around it; some take much longer, as on a real path. */
  readonly rttMs: number;
  readonly scatterMs: number;
}

/** `loss=0.01,rtt=20±3`, in any order; what is left out is 0.001, 20 and 3. Throws with what is wrong. */
export const parseModel = (text: string): PathModel => {
  const model = { loss: 0.001, rttMs: 20, scatterMs: 3 };
  for (const part of text.split(',').filter((word) => word !== '')) {
    const loss = /^loss=(0|1|0?\.\d+)$/.exec(part);
    const rtt = /^rtt=(\d+(?:\.\d+)?)(?:(?:±|\+-)(\d+(?:\.\d+)?))?$/.exec(part);
    if (loss !== null) model.loss = Number(loss[1]);
    else if (rtt !== null) Object.assign(model, { rttMs: Number(rtt[1]), scatterMs: Number(rtt[2] ?? 0) });
    else throw new Error(`"${part}": loss=0.01 or rtt=20±3 is meant`);
  }
  return model;
};

const TENTHS_OF_US = 10_000;

/** One round of ten packets over the path, worked out as the ICMP process works it out. */
export const simulateOutcome = (model: PathModel, random: Random): Outcome => {
  const rtts = Array.from({ length: 10 }, () => (random.fraction() < model.loss ? null : Math.round(rttMs(model, random) * TENTHS_OF_US)));
  const round: ClosedRound = {
    slot: 0,
    startedMs: 0,
    durationMs: 10_000,
    rtts,
    sends: rtts.map(() => 200),
    late: 0,
    duplicates: 0,
    ttl: rtts.some((rtt) => rtt !== null) ? 57 : null,
    noise: [0.02 + 0.01 * random.fraction(), null, 0.1, 0],
  };
  return outcomeOf(round, '192.0.2.1');
};

/** Most packets near the median, a tail of one in fifty up to five times as long. */
const rttMs = ({ rttMs: median, scatterMs }: PathModel, random: Random): number => {
  const near = median + scatterMs * (random.fraction() + random.fraction() + random.fraction() - 1.5);
  return Math.max(0.01, random.fraction() < 0.02 ? near * (1 + 4 * random.fraction()) : near);
};
