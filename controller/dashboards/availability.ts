import type { Dashboard } from './dashboard.ts';

export const availability: Dashboard = {
  id: 'sonde-availability',
  title: 'Sonde: availability',
  about: 'How much of the time targets answered, and agents measured.',
  variables: [],
  panels: [
    {
      title: 'Availability of targets',
      kind: 'table',
      unit: 'percent',
      width: 12,
      note: 'Share of packets answered over the range, from every agent that measures the target.',
      queries: [
        {
          measurement: 'ping',
          select:
            '100 * sum("packets_received") / sum("packets_transmitted") AS "answered %", sum("failed") AS "rounds that gave none", mean("average_response_ms") AS "response ms"',
          by: ['url'],
          time: 'none',
        },
      ],
    },
    {
      title: 'Answered',
      kind: 'graph',
      unit: 'percent',
      width: 6,
      queries: [{ measurement: 'ping', select: '100 * sum("packets_received") / sum("packets_transmitted") AS "answered"', by: ['url'] }],
    },
    {
      title: 'Error rate: rounds without a sample',
      kind: 'graph',
      unit: 'percent',
      width: 6,
      queries: [{ measurement: 'ping', select: '100 * mean("failed") AS "failed"', by: ['url'] }],
    },
    {
      title: 'Agents that see the target',
      kind: 'graph',
      unit: 'count',
      width: 6,
      note: 'How many agents got an answer. None: an outage; fewer than usual: an agent or its path.',
      queries: [
        {
          measurement: 'ping',
          select: 'max("packets_received") AS "got"',
          where: '"packets_received" > 0',
          by: ['url', 'host'],
          fill: 'none',
          outer: { select: 'count("got") AS "agents"', by: ['url'] },
        },
      ],
    },
    {
      title: 'Response time',
      kind: 'graph',
      unit: 'ms',
      width: 6,
      queries: [{ measurement: 'ping', select: 'mean("average_response_ms") AS "response"', by: ['url'] }],
    },
    {
      title: 'Rounds measured',
      kind: 'graph',
      unit: 'count',
      width: 12,
      note: 'A hole is no data: the agent was off or cut off. It is not loss.',
      queries: [{ measurement: 'ping', select: 'count("result_code") AS "rounds"', by: ['host'], fill: '0' }],
    },
  ],
};
