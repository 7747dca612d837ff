import type { Batch } from '../../protocol/batch.ts';
import type { IcmpSample } from '../../protocol/probes/icmp.ts';
import type { Round } from '../../protocol/round.ts';
import { encodeSketch, makeSketch } from '../../protocol/sketch.ts';

/** A round of ten packets as the ICMP engine gives it; `rttsMs` are the replies, the rest is lost. */
export const makeRound = (seq: number, at: number, change: Partial<Round> = {}, rttsMs: readonly number[] = TEN): Round => ({
  seq,
  task: 'gw/icmp',
  at,
  durationMs: 10_000,
  intervalMs: 10_000,
  time: { source: 'controller', boundMs: 0.4, ageS: 12.5 },
  outcome: { status: 'sampled', sample: makeSample(rttsMs) },
  ...change,
});

export const TEN = [1.013, 1.021, 1.034, 1.102, 1.119, 1.204, 1.311, 1.402, 2.013, 3.214];

export const makeSample = (rttsMs: readonly number[], sent = 10): IcmpSample => {
  const sorted = rttsMs.toSorted((a, b) => a - b);
  const at = (q: number): number => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? 0;
  const meanMs = sorted.reduce((sum, ms) => sum + ms, 0) / Math.max(1, sorted.length);
  return {
    kind: 'icmp',
    address: '192.0.2.1',
    sent,
    received: sorted.length,
    lost: sent - sorted.length,
    late: 0,
    unknown: 0,
    duplicates: 0,
    reordered: 0,
    longestLossRun: sent - sorted.length,
    errors: {},
    ttl: sorted.length > 0 ? 64 : null,
    rtt:
      sorted.length === 0
        ? null
        : {
            minMs: at(0),
            meanMs,
            medianMs: at(0.5),
            maxMs: at(1),
            stddevMs: 0.61237,
            p5Ms: at(0.05),
            p10Ms: at(0.1),
            p25Ms: at(0.25),
            p75Ms: at(0.75),
            p90Ms: at(0.9),
            p95Ms: at(0.95),
            p99Ms: at(0.99),
          },
    variation:
      sorted.length < 2
        ? null
        : { ipdvMeanAbsMs: 0.24456, ipdvP95AbsMs: 1.201, pdvP95Ms: 2.201, pdvMaxMs: 2.201, jitterRfc3550Ms: 0.11377 },
    errorBound: { boundMs: 0.031, canaryMs: 0.021, schedulerLagMs: 0.113, socketDrops: 0 },
    sketch: encodeSketch(makeSketch(sorted)),
  };
};

export const makeBatch = (rounds: readonly Round[], change: Partial<Batch> = {}): Batch => ({
  v: 1,
  epoch: '00112233aabbccdd',
  lane: 'fresh',
  lowest: Math.min(...rounds.map(({ seq }) => seq)),
  upTo: null,
  rounds: [...rounds],
  ...change,
});
