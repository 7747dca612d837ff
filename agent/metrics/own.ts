// The agent about itself, for Prometheus.
import type { OnlineStatus } from '../../protocol/status.ts';
import { exposition, type Family } from '../../protocol/exposition.ts';
import type { EngineCounters } from '../icmp/messages.ts';

export interface OwnState {
  readonly agent: string;
  readonly connected: boolean;
  readonly status: OnlineStatus;
  readonly engine: Readonly<EngineCounters>;
  readonly uptimeS: number;
}

/** Prometheus' text format. Pure. */
export const ownMetrics = ({ agent, connected, status, engine, uptimeS }: OwnState): string => {
  const gauge = (name: string, help: string, value: number | null): Family => ({
    name: `sonde_agent_${name}`,
    help,
    type: 'gauge',
    samples: value === null ? [] : [{ labels: {}, value }],
  });
  const counter = (name: string, help: string, value: number): Family => ({
    name: `sonde_agent_${name}_total`,
    help,
    type: 'counter',
    samples: [{ labels: {}, value }],
  });
  const { clock, spool, health, applied } = status;
  return exposition([
    {
      ...gauge('build_info', 'Always 1; what runs is in its labels.', 1),
      type: 'gauge',
      samples: [{ labels: { agent, version: status.version }, value: 1 }],
    },
    gauge('connected', 'Whether the agent has its controller.', connected ? 1 : 0),
    gauge('config_last_reload_successful', 'Whether a configuration is applied.', applied === null ? 0 : 1),
    gauge('config_revision', 'The revision that is applied.', applied?.revision ?? null),
    gauge('config_may_be_stale', 'Whether the controller has not said for long what the latest is.', status.mayBeStale ? 1 : 0),
    gauge('clock_offset_seconds', "The controller's time minus this host's wall clock.", clock === null ? null : clock.offsetMs / 1000),
    gauge('clock_bound_seconds', 'How far that may be wrong.', clock === null ? null : clock.boundMs / 1000),
    gauge('spool_rounds', 'Rounds that wait for their acknowledgement.', spool.rounds),
    gauge('spool_bytes', 'What they take.', spool.bytes),
    gauge('spool_capacity_bytes', 'What they may take; then the oldest go.', spool.capBytes),
    counter('spool_dropped_rounds', 'Rounds that went because the spool was full.', spool.dropped),
    gauge('icmp_up', 'Whether the ICMP process measures.', health.icmp === 'ok' ? 1 : 0),
    counter('icmp_restarts', 'How often the ICMP process was started again.', health.icmpRestarts),
    counter('icmp_packets_sent', 'Echo requests sent.', engine.packetsSent),
    counter('icmp_replies_received', 'Echo replies received.', engine.repliesReceived),
    counter('icmp_socket_drops', "Packets that the kernel dropped at the agent's sockets.", engine.socketDrops),
    counter('guard_rail_hits', 'Packets that the guard rails held back.', health.guardRailHits),
    counter('rounds_skipped', 'Rounds that did not start because the last one was still running.', health.roundsSkipped),
    gauge('packets_per_second', 'What its tasks send.', status.packetsPerSecond),
    gauge('resident_memory_bytes', 'Resident memory of the agent.', health.memoryBytes ?? null),
    gauge('uptime_seconds', 'Since the agent was started.', uptimeS),
  ]);
};
