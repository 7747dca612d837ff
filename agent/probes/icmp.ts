import { isIP } from 'node:net';
import { slept } from '../../protocol/time.ts';
import type { MeasuredRound, Probe, ProbeContext, Resolution, TaskOf } from './probe.ts';

/** A name is asked for again this often, but never more often than once a round. */
const RESOLVE_EVERY_MS = 60_000;

/** Resolves, and lets the ICMP process measure; while a name cannot be resolved each interval yields a failed round with the reason. */
export const icmp: Probe<'icmp'> = async function* (task, context) {
  const { clock, signal } = context;
  let address = '';
  while (!signal.aborted) {
    const resolution = await context.resolve(task.target.address, task.target.family, signal);
    if (signal.aborted) return;
    if (resolution.ok) {
      address = resolution.address;
      yield* measure(task, address, context);
    } else {
      const startedMs = nextSlotMs(clock.monotonic(), context.phaseMs, task.intervalMs);
      if (!(await slept(clock, startedMs - clock.monotonic(), signal))) return;
      yield failedRound(startedMs, resolution);
    }
  }
};

/** Rounds at one address, until its name has another, or cannot be resolved any more. */
async function* measure(task: TaskOf<'icmp'>, address: string, context: ProbeContext): AsyncGenerator<MeasuredRound> {
  const { icmp: engine, phaseMs, signal } = context;
  const moved = new AbortController();
  const rounds = engine.rounds({ ...task, address }, phaseMs, AbortSignal.any([signal, moved.signal]));
  const isFixed = isIP(task.target.address) !== 0;
  const watching = isFixed ? Promise.resolve() : watchName(task, address, context, moved);
  try {
    yield* rounds;
  } finally {
    moved.abort();
    await watching;
  }
}

/** Aborts `moved` when the name points elsewhere. A resolver that fails for a while moves nothing: the address is still the last one known. */
const watchName = async (task: TaskOf<'icmp'>, address: string, context: ProbeContext, moved: AbortController): Promise<void> => {
  const signal = AbortSignal.any([context.signal, moved.signal]);
  while (await slept(context.clock, Math.max(RESOLVE_EVERY_MS, task.intervalMs), signal)) {
    const resolution = await context.resolve(task.target.address, task.target.family, signal);
    if (signal.aborted) return;
    if (resolution.ok ? resolution.address !== address : resolution.blame === 'agent' || resolution.reason === 'nxdomain') moved.abort();
  }
};

const failedRound = (startedMs: number, resolution: Extract<Resolution, { ok: false }>): MeasuredRound => ({
  startedMs,
  durationMs: 0,
  outcome: { status: 'failed', blame: resolution.blame, reason: resolution.reason.slice(0, 64), detail: resolution.detail.slice(0, 500) },
});

/** The first slot after `nowMs`; a round's timestamps go strictly upwards, so never the same twice. */
const nextSlotMs = (nowMs: number, phaseMs: number, intervalMs: number): number =>
  phaseMs + (Math.floor((nowMs - phaseMs) / intervalMs) + 1) * intervalMs;
