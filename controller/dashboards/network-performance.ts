import type { Dashboard } from './dashboard.ts';

const by = ['host', 'url'] as const;

export const networkPerformance: Dashboard = {
  id: 'sonde-network-performance',
  title: 'Sonde: network performance',
  about: 'Round-trip time and loss of each pair of agent and target.',
  variables: [{ name: 'url', label: 'Target', measurements: ['ping'], tag: 'url' }],
  panels: [
    {
      title: 'Median RTT',
      kind: 'graph',
      unit: 'ms',
      width: 6,
      queries: [{ measurement: 'ping', select: 'median("percentile50_ms") AS "median"', by }],
    },
    {
      title: 'RTT, 95th percentile of the worst round',
      kind: 'graph',
      unit: 'ms',
      width: 6,
      note: 'The largest of the rounds: percentiles are not averaged.',
      queries: [{ measurement: 'ping', select: 'max("percentile95_ms") AS "p95"', by }],
    },
    {
      title: 'RTT: least, mean, most',
      kind: 'graph',
      unit: 'ms',
      width: 12,
      queries: [
        {
          measurement: 'ping',
          select: 'min("minimum_response_ms") AS "min", mean("average_response_ms") AS "mean", max("maximum_response_ms") AS "max"',
          by: ['url'],
        },
      ],
    },
    {
      title: 'Loss',
      kind: 'graph',
      unit: 'percent',
      width: 6,
      queries: [{ measurement: 'ping', select: '100 * sum("lost") / sum("packets_transmitted") AS "loss"', by }],
    },
    {
      title: 'Loss of the worst round',
      kind: 'graph',
      unit: 'percent',
      width: 6,
      queries: [{ measurement: 'ping', select: 'max("percent_packet_loss") AS "loss"', by }],
    },
    {
      title: 'Pairs',
      kind: 'table',
      unit: 'ms',
      width: 12,
      queries: [
        {
          measurement: 'ping',
          select:
            'mean("average_response_ms") AS "mean ms", max("percentile95_ms") AS "worst p95 ms", 100 * sum("lost") / sum("packets_transmitted") AS "loss %"',
          by,
          time: 'none',
        },
      ],
    },
  ],
};
