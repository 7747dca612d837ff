import t from 'tap';
import { broadcastOf, kindOf, parseVlans, readLinks } from '../../../../../agent/probes/local/links.ts';
import { fakeMachine } from '../../../../helpers/machine.ts';

const folder = (name: string, files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([file, text]) => [`/sys/class/net/${name}/${file}`, `${text}\n`]));
const ethernet = { flags: '0x1003', operstate: 'up', type: '1', mtu: '1500', address: '02:42:ac:11:00:02' };
const { signal } = new AbortController();

t.test('a network card: speed, duplex, MTU, addresses with mask and broadcast, and what networkd says of it', async (t) => {
  const machine = fakeMachine({
    ...folder('enp1s0', { ...ethernet, ifindex: '2', iflink: '2', speed: '1000', duplex: 'full', device: '' }),
    '/run/systemd/netif/links/2': 'ADMIN_STATE=configured\nOPER_STATE=routable\nNETWORK_FILE=/etc/systemd/network/10-lan.network\n',
  });
  machine.addressesByName.set('enp1s0', [
    { family: 'v4', address: '10.9.8.7', mask: '255.255.252.0', prefix: 22 },
    { family: 'v6', address: '2001:db8::7', mask: 'ffff:ffff:ffff:ffff::', prefix: 64 },
  ]);

  t.same(await readLinks(machine, ['enp1s0'], signal), [
    {
      name: 'enp1s0',
      index: 2,
      kind: 'physical',
      adminUp: true,
      operState: 'up',
      speedBps: 1e9,
      duplex: 'full',
      mtu: 1_500,
      mac: '02:42:ac:11:00:02',
      master: null,
      vlan: null,
      networkd: { state: 'configured', file: '/etc/systemd/network/10-lan.network' },
      addresses: [
        { family: 'v4', address: '10.9.8.7', prefix: 22, mask: '255.255.252.0', broadcast: '10.9.11.255' },
        { family: 'v6', address: '2001:db8::7', prefix: 64, mask: 'ffff:ffff:ffff:ffff::', broadcast: null },
      ],
    },
  ]);
});

t.test('what an interface is, by what lies in its folder', async (t) => {
  const kind = (files: readonly string[], more: Partial<Parameters<typeof kindOf>[0]> = {}): string =>
    kindOf({ files: new Set(files), type: 1, devtype: '', linked: false, isVlan: false, ...more });

  t.equal(kind([], { type: 772 }), 'loopback');
  t.equal(kind(['bridge', 'brif']), 'bridge');
  t.equal(kind(['bonding']), 'bond');
  t.equal(kind([], { linked: true, isVlan: true }), 'vlan');
  t.equal(kind(['device', 'phy80211', 'wireless']), 'wireless');
  t.equal(kind(['tun_flags'], { type: 65_534 }), 'tunnel');
  t.equal(kind([], { type: 65_534, devtype: 'wireguard' }), 'tunnel');
  t.equal(kind(['device']), 'physical');
  t.equal(kind([], { linked: true }), 'veth');
  t.equal(kind([]), 'virtual');
});

t.test('members of bridges and bonds, VLANs with what they lie on, and lines that are off', async (t) => {
  const machine = fakeMachine({
    ...folder('eth0', { ...ethernet, ifindex: '2', flags: '0x1002', operstate: 'down', speed: '-1', duplex: 'unknown', device: '' }),
    ...folder('eth0.100', { ...ethernet, ifindex: '9', iflink: '2', uevent: 'DEVTYPE=vlan\nINTERFACE=eth0.100' }),
    'link:/sys/class/net/eth0/master': '../bond0',
    '/proc/net/vlan/config': 'VLAN Dev name    | VLAN ID\nName-Type: VLAN_NAME_TYPE_RAW_PLUS_VID_NO_PAD\neth0.100       | 100  | eth0\n',
  });

  const links = await readLinks(machine, ['eth0', 'eth0.100', 'gone0'], signal);
  t.match(links[0], { adminUp: false, operState: 'down', speedBps: null, duplex: null, master: 'bond0' });
  t.match(links[1], { kind: 'vlan', vlan: { id: 100, parent: 'eth0' } });
  t.equal(links.length, 2, 'one that has gone is left out');
  t.same([...parseVlans('')], []);
});

t.test('a name never leads out of its folder', async (t) => {
  const machine = fakeMachine({ '/sys/class/net/../../secret/ifindex': '1', '/sys/class/net/../ifindex': '1' });
  t.same(await readLinks(machine, ['../../secret', '..', '.'], signal), []);
});

t.test('broadcast: the highest address of the network, where it has room for one', async (t) => {
  t.equal(broadcastOf('192.0.2.130', 25), '192.0.2.255');
  t.equal(broadcastOf('10.1.2.3', 8), '10.255.255.255');
  t.equal(broadcastOf('255.255.255.1', 24), '255.255.255.255');
  t.equal(broadcastOf('192.0.2.1', 31), null);
  t.equal(broadcastOf('192.0.2.1', 32), null);
});
