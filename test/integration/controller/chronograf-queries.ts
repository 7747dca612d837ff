// What Chronograf itself asks, word for word as its source has it: ui/src/hosts/apis/index.ts, canned/ping.json, canned/net.json, canned/netstat.json,
// and the layouts of cpu, mem and system. `:db:` and `:rp:` are what it fills in.

/** Host List: one request of seven statements. `:interval:` is the `telegrafSystemInterval`, 1m unless changed. */
export const HOST_LIST = `SHOW TAG VALUES WITH KEY = "host" WHERE TIME > now() - 10m;
      SELECT mean("usage_user") FROM ":db:".":rp:"."cpu" WHERE "cpu" = 'cpu-total' AND time > now() - 10m GROUP BY host;
      SELECT mean("load1") FROM ":db:".":rp:"."system" WHERE time > now() - 10m GROUP BY host;
      SELECT non_negative_derivative(mean(uptime)) AS deltaUptime FROM ":db:".":rp:"."system" WHERE time > now() - 1m * 10 GROUP BY host, time(1m) fill(0);
      SELECT mean("Percent_Processor_Time") FROM ":db:".":rp:"."win_cpu" WHERE time > now() - 10m GROUP BY host;
      SELECT mean("Processor_Queue_Length") FROM ":db:".":rp:"."win_system" WHERE time > now() - 10m GROUP BY host;
      SELECT non_negative_derivative(mean("System_Up_Time")) AS winDeltaUptime FROM ":db:".":rp:"."win_system" WHERE time > now() - 1m * 10 GROUP BY host, time(1m) fill(0);`;
/** Statements of the Host List that a Linux fleet answers. */
export const HOST_LIST_ANSWERED = [0, 1, 2, 3];
export const ALL_HOSTS = 'show tag values with key = "host"';
export const APPS_OF_HOSTS = 'show series from /^cpu$|^mem$|^net$|^netstat$|^ping$|^system$/ where time > now() - 10m';
export const MEASUREMENTS_OF_HOST = `SHOW MEASUREMENTS WHERE "host" = ':host:'`;

interface CannedQuery {
  readonly page: string;
  readonly query: string;
  readonly groupbys: readonly string[];
}

export const CANNED: readonly CannedQuery[] = [
  {
    page: 'Ping – Packet Loss Percent',
    query: 'select max("percent_packet_loss") as "packet_loss" from ":db:".":rp:".ping',
    groupbys: ['"url"'],
  },
  {
    page: 'Ping – Response Times (ms)',
    query:
      'select mean("average_response_ms") as "average", mean("minimum_response_ms") as "min", mean("maximum_response_ms") as "max" from ":db:".":rp:".ping',
    groupbys: ['"url"'],
  },
  { page: 'CPU Usage', query: 'SELECT mean("usage_user") AS "usage_user" FROM ":db:".":rp:"."cpu"', groupbys: [] },
  { page: 'System Load', query: 'SELECT mean("load1") AS "load" FROM ":db:".":rp:"."system"', groupbys: [] },
  {
    page: 'System - Memory Bytes Used',
    query: 'SELECT mean("used") AS "used", mean("available") AS "available" FROM ":db:".":rp:"."mem"',
    groupbys: [],
  },
  {
    page: 'System – Network Mb/s',
    query: 'SELECT non_negative_derivative(max("bytes_recv"), 1s) / 125000 AS "rx_megabits_per_second" FROM ":db:".":rp:"."net"',
    groupbys: [],
  },
  {
    page: 'System – Network Mb/s',
    query: 'SELECT non_negative_derivative(max("bytes_sent"), 1s) / 125000 AS "tx_megabits_per_second" FROM ":db:".":rp:"."net"',
    groupbys: [],
  },
  {
    page: 'System – Network Error Rate',
    query: 'SELECT non_negative_derivative(max("err_in"), 1s) / 125000 AS "tx_errors_per_second" FROM ":db:".":rp:"."net"',
    groupbys: [],
  },
  {
    page: 'System – Network Error Rate',
    query: 'SELECT non_negative_derivative(max("err_out"), 1s) / 125000 AS "rx_errors_per_second" FROM ":db:".":rp:"."net"',
    groupbys: [],
  },
  {
    page: 'System - Open Sockets',
    query: 'SELECT mean("tcp_established") AS "tcp_established" FROM ":db:".":rp:"."netstat"',
    groupbys: [],
  },
  { page: 'System - Open Sockets', query: 'SELECT mean("udp_socket") AS "udp_socket" FROM ":db:".":rp:"."netstat"', groupbys: [] },
  {
    page: 'System - Sockets Created/Second',
    query: 'SELECT non_negative_derivative(max("tcp_established"), 1s) AS "tcp_established" FROM ":db:".":rp:"."netstat"',
    groupbys: [],
  },
  {
    page: 'System - Sockets Created/Second',
    query: 'SELECT non_negative_derivative(max("udp_socket"), 1s) AS "udp_socket" FROM ":db:".":rp:"."netstat"',
    groupbys: [],
  },
];

/** How Chronograf's server ends such a query for a host's page: the range, the host, and an interval of its own. */
export const asAsked = ({ query, groupbys }: CannedQuery, host: string): string =>
  `${query} where time > now() - 1h and host = '${host}' group by ${['time(10s)', ...groupbys].join(',')}`;
