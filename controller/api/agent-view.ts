import type { AgentView } from '../../protocol/api.ts';
import type { Health, OnlineStatus } from '../../protocol/status.ts';
import type { AgentModel } from './fleet-view.ts';

type Standing = Pick<AgentView, 'state' | 'reason'>;

export const viewAgent = (agent: AgentModel): AgentView => ({
  id: agent.id,
  hostname: agent.row.hostname,
  labels: agent.labels,
  ...standing(agent),
  since: agent.presence?.since ?? null,
  seenAt: agent.presence?.seenAt ?? agent.row.seen_at,
  enrolledAt: agent.row.enrolled_at,
  status: agent.presence?.status ?? null,
  latestRevision: agent.latestRevision,
  appliedRevision: agent.presence?.status?.applied?.revision ?? null,
  rejected: rejection(agent),
  tasks: agent.tasks,
  packetsPerSecond: agent.packetsPerSecond,
});

/** The agent's present state, and why it is not simply online, in words. Pure. */
export const standing = (agent: AgentModel): Standing => {
  const { presence } = agent;
  if (agent.row.state === 'revoked') return { state: 'revoked', reason: 'its certificate is revoked' };
  if (presence === null || presence.since === null) return { state: 'waiting', reason: 'enrolled; nothing was heard of it yet' };
  if (presence.waiting) return { state: 'waiting', reason: 'the controller has just started; the agent is expected back' };
  if (!presence.online) return { state: 'off', reason: offReason(presence.reason) };
  if (presence.status === null) return { state: 'waiting', reason: 'connected; its first status is still to come' };
  const troubles = troublesOf(agent, presence.status);
  return troubles.length === 0 ? { state: 'online' } : { state: 'degraded', reason: troubles.join('; ') };
};

const OFF_REASONS: Readonly<Record<string, string>> = {
  'line-cut': 'its line was cut',
  stopped: 'it was stopped',
  silent: 'nothing was heard of it for long',
  'not-back': "it did not come back after the controller's start",
};
const offReason = (reason: string | null): string => OFF_REASONS[reason ?? ''] ?? 'not connected';

const ICMP_TROUBLES: Readonly<Record<Health['icmp'], string | null>> = {
  ok: null,
  starting: null,
  'no-permission': 'it may not open raw sockets (CAP_NET_RAW)',
  'no-limits': 'its limits file is missing or unreadable, so it sends nothing',
  failed: 'its ICMP process failed',
};

const troublesOf = (agent: AgentModel, status: OnlineStatus): string[] => {
  const icmp = ICMP_TROUBLES[status.health.icmp];
  const rejected = rejection(agent);
  return [
    ...(icmp === null ? [] : [status.health.detail === undefined ? icmp : `${icmp}: ${status.health.detail}`]),
    ...(rejected === null ? [] : [`it rejected a configuration: ${rejected.reason}`]),
    ...(status.mayBeStale ? ['its configuration may be stale'] : []),
  ];
};

/** The last configuration report, when it was a rejection of what is still the latest. */
const rejection = ({ report, latestRevision }: AgentModel): AgentView['rejected'] =>
  report?.result === 'rejected' && (report.revision === null || latestRevision === null || report.revision >= latestRevision)
    ? { reason: report.reason, details: [...report.details] }
    : null;
