import * as fc from 'fast-check';
import t from 'tap';
import { Limits } from '../../../../agent/config/limits.ts';
import { type IpAddress, isInside, parseIp, parseNetwork } from '../../../../agent/icmp/address.ts';
import { isPublic, makeGuard, refusalOf } from '../../../../agent/icmp/guard.ts';

const ip = (text: string): IpAddress => {
  const address = parseIp(text);
  if (address === null) throw new Error(`${text} is no address`);
  return address;
};
const limits = (input: object): Limits => Limits.parse(input);

t.test('addresses are read as words, and what is none is refused', async (t) => {
  for (const [text, words] of [
    ['127.0.0.1', [0x7f000001]],
    ['255.255.255.255', [0xffffffff]],
    ['::', [0, 0, 0, 0]],
    ['::1', [0, 0, 0, 1]],
    ['2001:db8::8:0:1', [0x20010db8, 0, 0x8, 1].map((word, i) => (i === 2 ? 8 : word))],
    ['fe80::1%eth0', [0xfe800000, 0, 0, 1]],
    ['::ffff:192.0.2.1', [0, 0, 0xffff, 0xc0000201]],
    ['1:2:3:4:5:6:7:8', [0x10002, 0x30004, 0x50006, 0x70008]],
  ] as const)
    t.same(parseIp(text)?.words, words, text);
  for (const text of ['', '1.2.3', '1.2.3.256', '1:2:3', '1::2::3', ':::', '12345::', '1:2:3:4:5:6:7:8:9', 'gw.example.net', '::1.2.3.999'])
    t.equal(parseIp(text), null, text);
});

t.test('an address is inside a network when the leading bits agree', async (t) => {
  for (const [address, network, inside] of [
    ['10.255.0.1', '10.0.0.0/8', true],
    ['11.0.0.1', '10.0.0.0/8', false],
    ['192.0.2.129', '192.0.2.128/25', true],
    ['192.0.2.127', '192.0.2.128/25', false],
    ['1.2.3.4', '0.0.0.0/0', true],
    ['2001:db8:1::5', '2001:db8::/32', true],
    ['2001:db9::5', '2001:db8::/32', false],
    ['2001:db8:0:ffff::', '2001:db8::/48', true],
    ['2001:db8:1::', '2001:db8::/48', false],
    ['1.2.3.4', '::/0', false],
  ] as const)
    t.equal(isInside(ip(address), parseNetwork(network) ?? { address: ip('::1'), bits: 128 }), inside, `${address} in ${network}`);
  t.equal(parseNetwork('10.0.0.0/33'), null);
});

t.test('without limits nothing is sent', async (t) => {
  const guard = makeGuard(null, 0);
  t.equal(guard.refusal(ip('127.0.0.1')), 'no-limits');
  t.not(guard.hold(guard.destination(ip('127.0.0.1'), 0), 84, 0), null);
});

t.test('broadcast, multicast, 0.0.0.0/8 and what the owner denies are refused', async (t) => {
  const owner = limits({ deniedNetworks: ['10.66.0.0/16', 'fd00:dead::/32'] });
  for (const address of [
    '0.1.2.3',
    '224.0.0.1',
    '239.1.1.1',
    '255.255.255.255',
    'ff02::1',
    '::',
    '::ffff:10.0.0.1',
    '10.66.1.1',
    'fd00:dead::1',
  ])
    t.equal(refusalOf(owner, address), 'denied-network', address);
  for (const address of ['10.67.1.1', 'fd00:beef::1', '127.0.0.1', '::1']) t.equal(refusalOf(owner, address), null, address);
  t.equal(refusalOf(limits({ allowedProbes: ['tcp'] }), '10.0.0.1'), 'probe-not-allowed');
  t.equal(refusalOf(owner, 'gw.example.net'), 'not-an-address');
});

t.test('private, shared, link-local and loopback networks are not public', async (t) => {
  for (const address of ['10.1.1.1', '172.31.0.1', '192.168.1.1', '169.254.1.1', '127.0.0.1', '100.64.0.1', 'fd00::1', 'fe80::1', '::1'])
    t.equal(isPublic(ip(address)), false, address);
  for (const address of ['172.32.0.1', '192.0.2.1', '100.128.0.1', '2001:db8::1']) t.equal(isPublic(ip(address)), true, address);
});

t.test('a target gets its burst, then its rate', async (t) => {
  const guard = makeGuard(limits({ perTarget: { packetsPerSecond: 5, burstPackets: 10, bytesPerSecond: 1e6 } }), 0);
  const target = guard.destination(ip('10.0.0.1'), 0);
  for (let i = 0; i < 10; i += 1) t.equal(guard.hold(target, 84, 0), null);
  t.equal(guard.hold(target, 84, 0), 'target-packets');
  t.equal(guard.hold(target, 84, 199), 'target-packets');
  t.equal(guard.hold(target, 84, 201), null, 'one more after a fifth of a second');
});

t.test('bytes count as packets do, and what one bucket refuses costs the others nothing', async (t) => {
  const guard = makeGuard(limits({ perTarget: { packetsPerSecond: 10, burstPackets: 10, bytesPerSecond: 1_500 } }), 0);
  const target = guard.destination(ip('10.0.0.1'), 0);
  t.equal(guard.hold(target, 1_500, 0), null);
  t.equal(guard.hold(target, 1_500, 0), 'target-bytes');
  t.equal(guard.hold(target, 1_500, 1_001), null);
  t.equal(target.packets[0], 9, 'two were taken, one came back, the refused one cost nothing');
});

t.test('tasks with the same address share its bucket', async (t) => {
  const guard = makeGuard(limits({}), 0);
  t.equal(guard.destination(ip('10.0.0.1'), 0), guard.destination(ip('10.0.0.1'), 5));
});

t.test('one public /24, one public /48 and the whole are capped', async (t) => {
  const guard = makeGuard(limits({ perNetwork: { packetsPerSecond: 3 }, total: { packetsPerSecond: 7 } }), 0);
  const hold = (address: string) => guard.hold(guard.destination(ip(address), 0), 84, 0);
  t.same(['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'].map(hold), [null, null, null, 'network-packets']);
  t.same(['2001:db8:1:1::1', '2001:db8:1:2::1', '2001:db8:1:3::1', '2001:db8:1:4::1', '2001:db8:2::1'].map(hold), [
    null,
    null,
    null,
    'network-packets',
    null,
  ]);
  t.equal(hold('10.0.0.1'), 'total-packets');
});

t.test('over any time no target gets more than its burst and its rate', async () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 300 }), (gaps) => {
      const guard = makeGuard(limits({ perTarget: { packetsPerSecond: 5, burstPackets: 4, bytesPerSecond: 1e9 } }), 0);
      const target = guard.destination(ip('10.0.0.1'), 0);
      let nowMs = 0;
      let sent = 0;
      for (const gap of gaps) {
        nowMs += gap;
        if (guard.hold(target, 84, nowMs) === null) sent += 1;
      }
      return sent <= 4 + (nowMs / 1000) * 5 + 1e-6;
    }),
  );
});
