import t from 'tap';
import { discover } from '../../../../controller/start/discover.ts';

const ROUTE4 = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
wg0\t00000000\t00000000\t0001\t0\t0\t200\t00000000\t0\t0\t0
`;
const ROUTE6 = `00000000000000000000000000000000 00 00000000000000000000000000000000 00 20010db8000000000000000000000001 00000400 00000001 00000000 00000003 eth0
00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth1
00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00000001 00000000 00200200 lo
`;
const RESOLV = `# made by hand
nameserver 127.0.0.53
nameserver 192.168.1.1
nameserver 198.51.100.53
nameserver 2001:db8::53
options edns0
`;

t.test('discover: default gateways and resolvers, each once, loopback and routes without a gateway left out', async (t) => {
  const files: Readonly<Record<string, string>> = { '/proc/net/route': ROUTE4, '/proc/net/ipv6_route': ROUTE6, '/etc/resolv.conf': RESOLV };

  const found = discover((path) => files[path] ?? '');

  t.same(
    found.map(({ address, kind, ownNetwork }) => [address, kind, ownNetwork]),
    [
      ['192.168.1.1', 'gateway', true],
      ['2001:db8::1', 'gateway', false],
      ['198.51.100.53', 'resolver', false],
      ['2001:db8::53', 'resolver', false],
    ],
  );
});

t.test('discover: a host without routes and resolvers finds nothing', async (t) => {
  t.same(
    discover(() => ''),
    [],
  );
});
