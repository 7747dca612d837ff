import type { Dashboard } from './dashboard.ts';

const rate = (field: string, as: string, factor = ''): string => `non_negative_derivative(mean("${field}"), 1s)${factor} AS "${as}"`;
const own = ['host', 'interface'] as const;
const port = ['source', 'ifName'] as const;

export const interfaces: Dashboard = {
  id: 'sonde-interfaces',
  title: 'Sonde: interfaces',
  about: "Traffic, errors, drops and connections: the agents' own interfaces, and ports polled by SNMP.",
  variables: [
    { name: 'host', label: 'Agent', measurements: ['net', 'netstat'], tag: 'host' },
    { name: 'source', label: 'Device', measurements: ['interface'], tag: 'source' },
  ],
  panels: [
    {
      title: "Traffic of the agents' interfaces",
      kind: 'graph',
      unit: 'bits-per-second',
      width: 6,
      queries: [{ measurement: 'net', select: `${rate('bytes_recv', 'in', ' * 8')}, ${rate('bytes_sent', 'out', ' * 8')}`, by: own }],
    },
    {
      title: 'Packets a second',
      kind: 'graph',
      unit: 'per-second',
      width: 6,
      queries: [{ measurement: 'net', select: `${rate('packets_recv', 'in')}, ${rate('packets_sent', 'out')}`, by: own }],
    },
    {
      title: 'Errors and drops a second',
      kind: 'graph',
      unit: 'per-second',
      width: 6,
      queries: [
        {
          measurement: 'net',
          select: `${rate('err_in', 'errors in')}, ${rate('err_out', 'errors out')}, ${rate('drop_in', 'drops in')}, ${rate('drop_out', 'drops out')}`,
          by: own,
        },
      ],
    },
    {
      title: 'TCP connections by state',
      kind: 'graph',
      unit: 'count',
      width: 6,
      queries: [
        {
          measurement: 'netstat',
          select:
            'mean("tcp_established") AS "established", mean("tcp_listen") AS "listen", mean("tcp_time_wait") AS "time wait", mean("tcp_close_wait") AS "close wait", mean("tcp_syn_sent") AS "syn sent", mean("tcp_syn_recv") AS "syn received"',
          by: ['host'],
        },
      ],
    },
    {
      title: 'Traffic of ports (SNMP)',
      kind: 'graph',
      unit: 'bits-per-second',
      width: 6,
      queries: [
        { measurement: 'interface', select: `${rate('ifHCInOctets', 'in', ' * 8')}, ${rate('ifHCOutOctets', 'out', ' * 8')}`, by: port },
      ],
    },
    {
      title: 'Errors and discards of ports a second (SNMP)',
      kind: 'graph',
      unit: 'per-second',
      width: 6,
      queries: [
        {
          measurement: 'interface',
          select: `${rate('ifInErrors', 'errors in')}, ${rate('ifOutErrors', 'errors out')}, ${rate('ifInDiscards', 'discards in')}, ${rate('ifOutDiscards', 'discards out')}`,
          by: port,
        },
      ],
    },
    {
      title: "Agents' hosts",
      kind: 'table',
      unit: 'percent',
      width: 12,
      queries: [
        { measurement: 'cpu', select: 'mean("usage_user") AS "cpu user %"', where: `"cpu" = 'cpu-total'`, by: ['host'], time: 'none' },
        { measurement: 'mem', select: 'mean("used_percent") AS "memory %"', by: ['host'], time: 'none' },
        { measurement: 'system', select: 'mean("load1") AS "load", last("uptime") AS "uptime s"', by: ['host'], time: 'none' },
      ],
    },
  ],
};
