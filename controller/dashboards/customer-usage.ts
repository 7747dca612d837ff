import type { Dashboard } from './dashboard.ts';

const bits = (field: string, as: string): string => `non_negative_derivative(mean("${field}"), 1s) * 8 AS "${as}"`;
const ofCustomers = `"customer" != ''`;

export const customerUsage: Dashboard = {
  id: 'sonde-customer-usage',
  title: 'Sonde: customer usage',
  about: 'Traffic of the ports, and quality to the targets, that carry the label `customer`.',
  variables: [],
  panels: [
    {
      title: 'Traffic by customer',
      kind: 'graph',
      unit: 'bits-per-second',
      width: 12,
      note: 'The sum of the ports that carry the label.',
      queries: [
        {
          measurement: 'interface',
          select: `${bits('ifHCInOctets', 'in')}, ${bits('ifHCOutOctets', 'out')}`,
          where: ofCustomers,
          by: ['customer', 'source', 'ifName'],
          outer: { select: 'sum("in") AS "in", sum("out") AS "out"', by: ['customer'] },
        },
      ],
    },
    {
      title: 'Bytes over the range',
      kind: 'table',
      unit: 'bytes',
      width: 6,
      note: 'What the counters rose by; where one began anew, what it counted before stays.',
      queries: [
        {
          measurement: 'interface',
          select: 'non_negative_difference("ifHCInOctets") AS "in", non_negative_difference("ifHCOutOctets") AS "out"',
          where: ofCustomers,
          by: ['customer', 'source', 'ifName'],
          time: 'none',
          outer: { select: 'sum("in") AS "bytes in", sum("out") AS "bytes out"', by: ['customer'] },
        },
      ],
    },
    {
      title: 'Busiest 5 % cut off (95th percentile)',
      kind: 'table',
      unit: 'bits-per-second',
      width: 6,
      queries: [
        {
          measurement: 'interface',
          select: `${bits('ifHCInOctets', 'in')}, ${bits('ifHCOutOctets', 'out')}`,
          where: ofCustomers,
          by: ['customer', 'source', 'ifName'],
          outer: { select: 'percentile("in", 95) AS "in", percentile("out", 95) AS "out"', by: ['customer', 'source', 'ifName'] },
          time: 'inner',
          every: '5m',
        },
      ],
    },
    {
      title: 'Loss by customer',
      kind: 'graph',
      unit: 'percent',
      width: 6,
      queries: [
        { measurement: 'ping', select: '100 * sum("lost") / sum("packets_transmitted") AS "loss"', where: ofCustomers, by: ['customer'] },
      ],
    },
    {
      title: 'Response time by customer',
      kind: 'graph',
      unit: 'ms',
      width: 6,
      queries: [{ measurement: 'ping', select: 'mean("average_response_ms") AS "mean"', where: ofCustomers, by: ['customer'] }],
    },
  ],
};
