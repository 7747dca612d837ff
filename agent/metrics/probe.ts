// One probe on demand, as blackbox_exporter answers /probe: by the same engine and behind the same guard rails as every task.
import { exposition, type Family, type Labels } from '../../protocol/exposition.ts';
import type { Clock } from '../../protocol/time.ts';
import type { IcmpEngine, MeasuredRound, Resolve } from '../probes/probe.ts';

export interface ProbeDeps {
  readonly clock: Clock;
  readonly icmp: IcmpEngine;
  readonly resolve: Resolve;
}

/** `icmp` asks for any family, the others for theirs. */
export const MODULES = { icmp: 'any', icmp4: 'v4', icmp6: 'v6' } as const;
export type Module = keyof typeof MODULES;

const PACKETS = 3;
const SPACING_MS = 100;
const TIMEOUT_MS = 1_000;
/** Longer than any probe: the engine repeats a round each interval, and only one is wanted. */
const INTERVAL_MS = 60_000;
const START_MS = 20;

/** Prometheus' text format. Never rejects for a bad target: that is probe_success 0. */
export const probe = async (deps: ProbeDeps, target: string, module: Module, signal: AbortSignal): Promise<string> => {
  const { clock } = deps;
  const startedMs = clock.monotonic();
  const resolution = await deps.resolve(target, MODULES[module], signal);
  const resolveS = (clock.monotonic() - startedMs) / 1000;
  const round = resolution.ok ? await oneRound(deps, target, resolution.address, signal) : null;
  const sample = round?.outcome.status === 'sampled' && round.outcome.sample.kind === 'icmp' ? round.outcome.sample : null;
  const failed = !resolution.ok ? resolution.reason : round?.outcome.status === 'failed' ? round.outcome.reason : null;
  const gauge = (name: string, help: string, value: number | null, labels: Labels = {}): Family => ({
    name,
    help,
    type: 'gauge',
    samples: value === null ? [] : [{ labels, value }],
  });
  const rttS = sample?.rtt == null ? null : sample.rtt.meanMs / 1000;
  return exposition([
    gauge('probe_success', 'Whether an answer came.', (sample?.received ?? 0) > 0 ? 1 : 0),
    gauge('probe_duration_seconds', 'How long the probe took.', (clock.monotonic() - startedMs) / 1000),
    gauge('probe_dns_lookup_time_seconds', 'How long the name took.', resolveS),
    {
      name: 'probe_icmp_duration_seconds',
      help: 'Duration of the probe by phase.',
      type: 'gauge',
      samples: [{ labels: { phase: 'resolve' }, value: resolveS }, ...(rttS === null ? [] : [{ labels: { phase: 'rtt' }, value: rttS }])],
    },
    gauge('probe_icmp_reply_hop_limit', 'TTL of the reply, IPv4.', sample?.ttl ?? null),
    gauge('probe_ip_protocol', 'IP version that was probed.', resolution.ok ? (resolution.address.includes(':') ? 6 : 4) : null),
    gauge('sonde_probe_sent_packets', 'Echo requests sent.', sample?.sent ?? null),
    gauge('sonde_probe_received_packets', 'Replies within the timeout.', sample?.received ?? null),
    gauge(
      'sonde_probe_error_bound_seconds',
      'How far the agent itself may have moved the median.',
      sample === null ? null : sample.errorBound.boundMs / 1000,
    ),
    gauge('sonde_probe_not_measured_info', 'Why nothing was measured.', failed === null ? null : 1, { reason: failed ?? '' }),
  ]);
};

const oneRound = async (
  { clock, icmp }: ProbeDeps,
  target: string,
  address: string,
  signal: AbortSignal,
): Promise<MeasuredRound | null> => {
  const done = new AbortController();
  const until = AbortSignal.any([signal, done.signal]);
  const task = {
    id: 'probe/icmp',
    target: { id: 'probe', address: target, family: 'any' as const },
    intervalMs: INTERVAL_MS,
    options: { kind: 'icmp' as const, count: PACKETS, spacingMs: SPACING_MS, timeoutMs: TIMEOUT_MS, sizeBytes: 56, dscp: 0, ttl: 64 },
    address,
  };
  const phaseMs = (clock.monotonic() + START_MS) % INTERVAL_MS;
  try {
    for await (const round of icmp.rounds(task, phaseMs, until)) return round;
    return null;
  } finally {
    done.abort();
  }
};
