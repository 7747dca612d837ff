import type { IcmpEngine, MeasuredRound } from '../../agent/probes/probe.ts';
import type { IcmpSample } from '../../protocol/probes/icmp.ts';
import { sketchOf } from './sketches.ts';
import { roundNeedsMs } from '../../protocol/task.ts';
import { slept } from '../../protocol/time.ts';
import type { Host } from './host.ts';
import type { Ledger } from './ledger.ts';
import { type Life, never } from './life.ts';
import type { Seeded } from './random.ts';
import { type Reality, repliesOf } from './reality.ts';

/** The ICMP process as the agent sees it: rounds whose truth the world writes down before it hands them over. */
export const engineModel = (life: Life, host: Host, reality: Reality, ledger: Ledger, random: Seeded, agent: string): IcmpEngine => ({
  async *rounds(task, phaseMs, signal) {
    const needsMs = roundNeedsMs(task.options);
    for (;;) {
      const now = life.clock.monotonic();
      const startedMs = Math.ceil((now - phaseMs) / task.intervalMs) * task.intervalMs + phaseMs;
      const startedAt = host.trueTimeOf(startedMs);
      const { wallOffsets } = host;
      const suspended = host.suspendedMs();
      if (!(await slept(life.clock, startedMs + needsMs - now, signal))) return;
      if (host.suspendedMs() !== suspended) continue; // the window was slept through: no data
      const sentAt = Array.from({ length: task.options.count }, (_, index) => host.trueTimeOf(startedMs + index * task.options.spacingMs));
      const truth = ledger.measured({ agent, task: task.id, startedAt, endedAt: host.trueTimeOf(startedMs + needsMs), wallOffsets });
      const sample = sampleOf(random, task.address, repliesOf(reality, random, task.target.id, sentAt), truth.mark);
      ledger.hasValues(truth, sample);
      if (!life.step()) await never();
      const round: MeasuredRound = { startedMs, durationMs: needsMs, outcome: { status: 'sampled', sample } };
      yield round;
      ledger.handedOver(truth);
    }
  },
});

/** `mark` is unlike any other round's: it travels as the error bound, so small that it moves no judgement. */
const sampleOf = (random: Seeded, address: string, replies: readonly boolean[], mark: number): IcmpSample => {
  const received = replies.filter(Boolean).length;
  const rttMs = random.integer(1, 40);
  const { rtt, sketch } = sketchOf(rttMs, received);
  return {
    kind: 'icmp',
    address,
    sent: replies.length,
    received,
    lost: replies.length - received,
    late: 0,
    unknown: 0,
    duplicates: 0,
    reordered: 0,
    longestLossRun: longestRun(replies),
    errors: {},
    ttl: received === 0 ? null : 60,
    rtt,
    variation: received < 2 ? null : { ipdvMeanAbsMs: 0.1, ipdvP95AbsMs: 0.2, pdvP95Ms: 0.3, pdvMaxMs: 0.4, jitterRfc3550Ms: 0.1 },
    errorBound: { boundMs: mark, canaryMs: 0.01, schedulerLagMs: 0.02, socketDrops: 0 },
    sketch,
  };
};

const longestRun = (replies: readonly boolean[]): number => {
  let longest = 0;
  let run = 0;
  for (const came of replies) {
    run = came ? 0 : run + 1;
    longest = Math.max(longest, run);
  }
  return longest;
};
