import t, { type Test } from 'tap';
import { type MadeDevice, type MadePort, mibOf } from '../../helpers/snmp-device.ts';
import { openPoller } from '../../helpers/snmp-poll.ts';
import { openResponder } from '../../helpers/snmp-responder.ts';

const port = (index: number, change: Partial<MadePort> = {}): MadePort => ({
  index,
  name: `eth${index}`,
  physAddress: `02:00:00:00:00:${index.toString(16).padStart(2, '0')}`,
  inOctets: 1_000_000n,
  outOctets: 2_000_000n,
  ...change,
});

/** A device whose time is the poller's, and what polls it. */
const open = async (t: Test, ports: MadePort[], options = {}) => {
  let now = 0;
  let booted = -1_000;
  const device: MadeDevice = { sysName: 'sw1', upTimeCs: () => Math.round((now - booted) * 100) % 2 ** 32, ports };
  const responder = await openResponder(mibOf(device));
  const poller = openPoller({ port: responder.port, options });
  t.teardown(async () => {
    poller[Symbol.dispose]();
    await responder[Symbol.asyncDispose]();
  });
  return {
    device,
    responder,
    poll: async (seconds: number) => {
      now = seconds;
      responder.setMib(mibOf(device));
      const sample = await poller.sample(seconds);
      return { sample, of: (id: string) => sample.ports.find((one) => one.id === id) };
    },
    reboot: (seconds: number) => {
      booted = seconds;
    },
  };
};
/** A poll takes some real milliseconds of a virtual minute. */
const near = (t: Test, value: number | undefined, wanted: number): void => {
  t.ok(value !== undefined && Math.abs(value - wanted) <= wanted * 0.002, `${value} is ${wanted}`);
};

t.test('rates: exact octets, rates and utilisation of what was counted between two polls', async (t) => {
  const eth1 = port(1);
  const { poll } = await open(t, [eth1]);
  t.match((await poll(0)).of('eth1'), { noRate: 'first', rates: null });

  eth1.inOctets += 750_000_000n;
  eth1.outOctets += 75_000n;
  eth1.errors = 60;
  const { of } = await poll(60);
  t.match(of('eth1')?.rates, { inOctets: 750_000_000, outOctets: 75_000 });
  near(t, of('eth1')?.rates?.inBitsPerSecond, 100e6);
  near(t, of('eth1')?.rates?.inUtilizationRatio, 0.1);
  near(t, of('eth1')?.rates?.outBitsPerSecond, 10_000);
  near(t, of('eth1')?.rates?.inErrorsPerSecond, 1);
});

t.test('rates: missed and late polls spread over the time that really passed', async (t) => {
  const eth1 = port(1);
  const { poll } = await open(t, [eth1]);
  await poll(0);
  eth1.inOctets += 6_000_000n;
  near(t, (await poll(300)).of('eth1')?.rates?.inBitsPerSecond, 160_000);
  eth1.inOctets += 6_000_000n;
  near(t, (await poll(373.5)).of('eth1')?.rates?.inBitsPerSecond, 48e6 / 73.5);
});

t.test('rates: a 64-bit counter wraps, and so does a 32-bit one', async (t) => {
  const [wide, narrow] = [
    port(1, { inOctets: 2n ** 64n - 1_000n, packets: 9_000n }),
    port(2, { narrow: true, inOctets: 2n ** 32n - 1_000n, packets: 9_000n }),
  ];
  const { poll } = await open(t, [wide, narrow]);
  await poll(0);
  wide.inOctets += 61_000n;
  narrow.inOctets += 61_000n;
  wide.packets = narrow.packets = 10_000n;
  wide.outOctets += 10n;
  narrow.outOctets += 10n;
  const { of } = await poll(60);
  t.equal(of('eth1')?.rates?.inOctets, 61_000);
  t.equal(of('eth2')?.rates?.inOctets, 61_000);
});

t.test('rates: a reset without the up time going back, and a reboot with it: no rate then, right ones after', async (t) => {
  const eth1 = port(1, { inOctets: 10n ** 12n, packets: 10n ** 9n });
  const { poll, reboot } = await open(t, [eth1]);
  await poll(0);
  Object.assign(eth1, { inOctets: 5_000n, outOctets: 100n, packets: 10n });
  t.match((await poll(60)).of('eth1'), { rates: null, noRate: 'reset' });
  eth1.inOctets += 7_500n;
  t.equal((await poll(120)).of('eth1')?.rates?.inOctets, 7_500);

  reboot(170);
  Object.assign(eth1, { inOctets: 999_999n });
  t.match((await poll(180)).of('eth1'), { rates: null, noRate: 'reboot' });
  eth1.inOctets += 7_500n;
  t.equal((await poll(240)).of('eth1')?.rates?.inOctets, 7_500);
});

t.test('rates: a discontinuity that the device tells of', async (t) => {
  const eth1 = port(1, { discontinuityCs: 0 });
  const { poll } = await open(t, [eth1]);
  await poll(0);
  Object.assign(eth1, { inOctets: 1_100_000n, discontinuityCs: 12_345 });
  t.match((await poll(60)).of('eth1'), { rates: null, noRate: 'discontinuity' });
});

t.test('rates: renumbered between polls: ports are not mixed up, and nothing is lost', async (t) => {
  const ports = [port(1, { inOctets: 10n ** 12n }), port(2, { inOctets: 5n }), port(3, { inOctets: 10n ** 9n })];
  const { poll, device } = await open(t, ports);
  await poll(0);
  for (const [i, one] of ports.entries()) {
    one.index = [7, 1, 2][i] ?? 0;
    one.inOctets += 1_000n * BigInt(i + 1);
  }
  const { of, sample } = await poll(60);
  t.same(
    ['eth1', 'eth2', 'eth3'].map((id) => [of(id)?.index, of(id)?.rates?.inOctets]),
    [
      [7, 1_000],
      [1, 2_000],
      [2, 3_000],
    ],
  );
  t.equal(sample.ports.length, device.ports.length);
});

t.test('rates: more than a line carries is impossible, whatever the counter says', async (t) => {
  const eth1 = port(1, { speedMbps: 100 });
  const { poll } = await open(t, [eth1]);
  await poll(0);
  eth1.inOctets += 10n ** 15n;
  t.match((await poll(60)).of('eth1'), { rates: null, noRate: 'impossible' });
  eth1.inOctets += 760_000_000n;
  const rates = (await poll(120)).of('eth1')?.rates;
  t.equal(rates?.inBitsPerSecond, 100e6, 'what came a little early is no more than the line');
  t.equal(rates?.inUtilizationRatio, 1);
});

t.test('rates: SNMPv1 has 32-bit counters only', async (t) => {
  const eth1 = port(1, { narrow: true });
  const { poll } = await open(t, [eth1], { access: { version: '1' } });
  await poll(0);
  eth1.inOctets += 7_500n;
  t.equal((await poll(60)).of('eth1')?.rates?.inOctets, 7_500);
});
