import type { Dashboard } from './dashboard.ts';

const by = ['host', 'url'] as const;

export const quality: Dashboard = {
  id: 'sonde-quality',
  title: 'Sonde: quality',
  about: 'Delay variation by its definitions, reordering, duplicates, late replies, and how far the agent itself may be wrong.',
  variables: [{ name: 'url', label: 'Target', measurements: ['ping'], tag: 'url' }],
  panels: [
    {
      title: 'Jitter (RFC 3550)',
      kind: 'graph',
      unit: 'ms',
      width: 4,
      queries: [{ measurement: 'ping', select: 'mean("jitter_rfc3550_ms") AS "jitter"', by }],
    },
    {
      title: 'IPDV, mean absolute (RFC 3393)',
      kind: 'graph',
      unit: 'ms',
      width: 4,
      queries: [{ measurement: 'ping', select: 'mean("ipdv_mean_abs_ms") AS "IPDV"', by }],
    },
    {
      title: 'PDV, 95th percentile (RFC 5481)',
      kind: 'graph',
      unit: 'ms',
      width: 4,
      queries: [{ measurement: 'ping', select: 'max("pdv_p95_ms") AS "PDV"', by }],
    },
    {
      title: 'Standard deviation of the RTT',
      kind: 'graph',
      unit: 'ms',
      width: 6,
      queries: [{ measurement: 'ping', select: 'mean("standard_deviation_ms") AS "deviation"', by }],
    },
    {
      title: 'Longest run of lost packets',
      kind: 'graph',
      unit: 'packets',
      width: 6,
      queries: [{ measurement: 'ping', select: 'max("longest_loss_run") AS "run"', by }],
    },
    {
      title: 'Late, reordered, duplicate',
      kind: 'graph',
      unit: 'packets',
      width: 6,
      queries: [
        {
          measurement: 'ping',
          select: 'sum("late") AS "late", sum("reordered") AS "reordered", sum("duplicates") AS "duplicate"',
          by: ['url'],
        },
      ],
    },
    {
      title: "The agent's own error bound",
      kind: 'graph',
      unit: 'ms',
      width: 6,
      note: 'What lies inside it says nothing about the network.',
      queries: [{ measurement: 'ping', select: 'max("error_bound_ms") AS "bound"', by: ['host'] }],
    },
  ],
};
