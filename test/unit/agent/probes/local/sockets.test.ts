import t from 'tap';
import { addressOf, parseSocketLine } from '../../../../../agent/probes/local/socket-table.ts';
import { parsePorts, Sockets } from '../../../../../agent/probes/local/sockets.ts';
import { fakeMachine } from '../../../../helpers/machine.ts';

const HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n';
let slot = 0;
const socket = (local: string, remote: string, state: string, inode = 0, uid = 0): string =>
  `${String(slot++).padStart(4)}: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${inode} 1 000000001ab6f18a 100 0 0 10 0\n`;
const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');
const { signal } = new AbortController();

const RANGE = '/proc/sys/net/ipv4/ip_local_port_range';

t.test('connections by state, listeners with their processes, UDP without clients', async (t) => {
  const machine = fakeMachine({
    '/proc/net/tcp':
      HEADER +
      socket('00000000:0016', '00000000:0000', '0A', 100) +
      socket('0100007F:1F90', '00000000:0000', '0A', 101, 1_000) +
      socket('0A00000A:0016', '0B00000A:C001', '01', 102) +
      socket('0A00000A:D431', '0100A8C0:01BB', '06'),
    '/proc/net/tcp6':
      HEADER.replace('local_address', 'local_address                         ') +
      socket('00000000000000000000000000000000:0050', '00000000000000000000000000000000:0000', '0A', 103) +
      socket('0000000000000000FFFF00000A00000A:0050', '0000000000000000FFFF00000B00000A:C002', '01', 104),
    '/proc/net/udp': HEADER + socket('00000000:0035', '00000000:0000', '07', 105) + socket('00000000:D432', '00000000:0000', '07', 106),
    [RANGE]: '32768\t60999\n',
    '/proc/1/comm': 'init\n',
    '/proc/812/comm': 'sshd-MainThread\n',
    'link:/proc/812/exe': '/usr/sbin/sshd',
    'link:/proc/812/fd/3': 'socket:[100]',
    'link:/proc/812/fd/4': '/dev/null',
    '/proc/self/comm': 'not a process of its own\n',
  });

  const sample = await new Sockets(machine, () => 0).look(signal);
  t.match(sample, { tcp: { listen: 3, established: 2, time_wait: 1, syn_sent: 0 }, udp: 2, cut: false });
  t.same(sample.listeners, [
    { protocol: 'tcp', address: '0.0.0.0', port: 22, uid: 0, process: { pid: 812, name: 'sshd' } },
    { protocol: 'tcp', address: '127.0.0.1', port: 8080, uid: 1_000, process: null },
    { protocol: 'tcp', address: '::', port: 80, uid: 0, process: null },
    { protocol: 'udp', address: '0.0.0.0', port: 53, uid: 0, process: null },
  ]);
});

t.test('ephemeral ports: what a destination takes, without reserved ports and without those that somebody listens on', async (t) => {
  const connections = Array.from({ length: 30 }, (_, index) =>
    socket(`0A00000A:${hex(40_000 + index)}`, '0100A8C0:01BB', index < 20 ? '06' : '01'),
  );
  const others = Array.from({ length: 5 }, (_, index) => socket(`0A00000A:${hex(40_000 + index)}`, '0200A8C0:0050', '01'));
  const incoming = Array.from({ length: 50 }, (_, index) => socket(`0A00000A:${hex(45_000)}`, `0300A8C0:${hex(1_024 + index)}`, '01'));
  const listening = socket(`00000000:${hex(45_000)}`, '00000000:0000', '0A', 9);
  const machine = fakeMachine({
    '/proc/net/tcp': HEADER + [listening, ...connections, ...others, ...incoming].join(''),
    [RANGE]: '40000 49999\n',
    '/proc/sys/net/ipv4/ip_local_reserved_ports': '40000-40009,8080\n',
  });

  const { ephemeral } = await new Sockets(machine, () => 0).look(signal);
  t.same(ephemeral, { low: 40_000, high: 49_999, size: 9_990, used: 20, worst: { address: '192.168.0.1', port: 443, used: 20 } });
});

t.test('whose socket it is, is asked once, and again only after a while when it could not be read', async (t) => {
  const machine = fakeMachine({ '/proc/net/tcp': HEADER + socket('00000000:0016', '00000000:0000', '0A', 7), [RANGE]: '32768 60999' });
  let looks = 0;
  const list = machine.list;
  const counting = { ...machine, list: (path: string) => list(path).finally(() => (looks += path === '/proc' ? 1 : 0)) };
  let nowMs = 0;
  const sockets = new Sockets(counting, () => nowMs);

  for (let round = 0; round < 5; round += 1) await sockets.look(signal);
  t.equal(looks, 1);
  nowMs = 700_000;
  machine.files.set('link:/proc/5/fd/3', 'socket:[7]');
  machine.files.set('/proc/5/comm', 'late\n');
  t.match((await sockets.look(signal)).listeners[0], { process: { pid: 5, name: 'late' } });
  nowMs = 1_500_000;
  await sockets.look(signal);
  t.equal(looks, 2, 'once known it stays known');
});

t.test('addresses as the kernel writes them, and lines that are none', async (t) => {
  t.equal(addressOf('0100007F'), '127.0.0.1');
  t.equal(addressOf('00000000000000000000000001000000'), '::1');
  t.equal(addressOf('B80D0120000000000000000001000000'), '2001:db8::1');
  t.equal(addressOf('0000000000000000FFFF00000100007F'), '127.0.0.1');
  t.equal(addressOf('000080FE00000000FF565002A5E4BBFE'), 'fe80::250:56ff:febb:e4a5');
  t.equal(parseSocketLine(HEADER), null);
  t.equal(parseSocketLine('   0: XYZ 0:0 0A'), null);
  t.same([...parsePorts('8080,9148-9150\n')], [8_080, 9_148, 9_149, 9_150]);
  t.same([...parsePorts('\n')], []);
});
