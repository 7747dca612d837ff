import t from 'tap';
import { net } from '../../../../agent/probes/net.ts';
import type { MeasuredRound, ProbeContext } from '../../../../agent/probes/probe.ts';
import { NetSample } from '../../../../protocol/probes/net.ts';
import { type FakeMachine, fakeMachine } from '../../../helpers/machine.ts';
import { type ManualClock, makeManualClock } from '../../../helpers/manual-clock.ts';

const HEADER = 'Inter-| Receive | Transmit\n face |bytes |bytes\n';
const line = (name: string, bytesIn: number, bytesOut = 0): string =>
  `${name}: ${bytesIn} ${Math.floor(bytesIn / 100)} 0 0 0 0 0 0 ${bytesOut} ${Math.floor(bytesOut / 100)} 0 0 0 0 0 0\n`;

interface Stage {
  readonly clock: ManualClock;
  readonly machine: FakeMachine;
  readonly rounds: MeasuredRound[];
  counters(bytesIn: Readonly<Record<string, number>>): void;
  stop(): Promise<void>;
}

const open = (
  bytesIn: Readonly<Record<string, number>>,
  notNames: readonly string[] = [],
  files: Readonly<Record<string, string>> = {},
): Stage => {
  const clock = makeManualClock();
  const machine = fakeMachine(files);
  const stop = new AbortController();
  const rounds: MeasuredRound[] = [];
  const counters: Stage['counters'] = (all) =>
    void machine.files.set(
      '/proc/net/dev',
      HEADER +
        Object.entries(all)
          .map(([name, bytes]) => line(name, bytes))
          .join(''),
    );
  counters(bytesIn);
  const task = {
    id: 'self/net',
    target: { id: 'self', address: 'localhost', family: 'any' as const },
    intervalMs: 10_000,
    options: { kind: 'net' as const, notNames: [...notNames] },
  };
  const context: ProbeContext = { ...unused, clock, machine, phaseMs: 0, signal: stop.signal };
  const done = (async () => {
    for await (const round of net(task, context)) rounds.push(round);
  })();
  return {
    clock,
    machine,
    rounds,
    counters,
    async stop() {
      stop.abort(new Error('test over'));
      await done;
    },
  };
};

const unused = {
  icmp: { async *rounds() {} },
  snmp: { async *rounds() {} },
  memory: { read: () => null, write: () => {} },
  unseal: () => ({ ok: false as const, reason: 'not here' }),
  resolve: async () => ({ ok: false as const, blame: 'resolver' as const, reason: 'none', detail: '' }),
  spool: () => ({ rounds: 0, bytes: 0, capBytes: 1, dropped: 0 }),
};

const sampleOf = (round: MeasuredRound | undefined): NetSample => {
  if (round?.outcome.status !== 'sampled' || round.outcome.sample.kind !== 'net') throw new Error(`no sample: ${JSON.stringify(round)}`);
  return NetSample.parse(round.outcome.sample);
};

t.test('the first round has rates already, and every round is its own window', async (t) => {
  const stage = open({ lo: 1_000, eth0: 5_000 });
  await stage.clock.advance(4_000); // monotonic 5 s
  stage.counters({ lo: 1_500, eth0: 9_000 });
  await stage.clock.advance(10_000);
  stage.counters({ lo: 1_500, eth0: 9_100 });
  await stage.clock.advance(10_000);
  await stage.stop();

  t.equal(stage.rounds.length, 2);
  t.match(stage.rounds[0], { startedMs: 1_000, durationMs: 9_000 });
  t.match(stage.rounds[1], { startedMs: 10_000, durationMs: 10_000 });
  t.match(sampleOf(stage.rounds[0]), { seconds: 9, total: { counters: [10_500], deltas: [4_500] } });
  t.same(
    sampleOf(stage.rounds[1]).interfaces.map(({ name, deltas }) => [name, deltas?.[0]]),
    [
      ['lo', 0],
      ['eth0', 100],
    ],
  );
});

t.test(
  'an interface that is plugged in has no rate in its first tick, one that is gone is gone, and totals hold neither against the other',
  async (t) => {
    const stage = open({ eth0: 1_000 });
    await stage.clock.advance(10_000);
    stage.counters({ eth0: 2_000, usb0: 500_000 });
    await stage.clock.advance(10_000);
    stage.counters({ usb0: 500_700 });
    await stage.clock.advance(10_000);
    stage.counters({ usb0: 500_700, eth0: 50 });
    await stage.clock.advance(10_000);
    await stage.stop();

    const [, plugged, gone, back] = stage.rounds.map(sampleOf);
    t.same(plugged?.interfaces[1], { name: 'usb0', counters: [500_000, 5_000, 0, 0, 0, 0, 0, 0], deltas: null, noDelta: 'first' });
    t.match(plugged?.total, { counters: [502_000], deltas: [1_000] });
    t.match(gone, { interfaces: [{ name: 'usb0', deltas: [700] }], total: { deltas: [700] } });
    t.match(back?.interfaces[1], { name: 'eth0', deltas: null, noDelta: 'first' });
  },
);

t.test('what is left out by its name still counts in the total', async (t) => {
  const stage = open({ eth0: 1_000, veth1a2b: 1_000 }, ['VETH*']);
  await stage.clock.advance(9_000);
  stage.counters({ eth0: 1_010, veth1a2b: 1_500 });
  await stage.clock.advance(10_000);
  await stage.stop();

  const sample = sampleOf(stage.rounds[1]);
  t.match(sample, { leftOut: 1, total: { deltas: [510] } });
  t.same(
    sample.interfaces.map(({ name }) => name),
    ['eth0'],
  );
});

t.test('after an hour the rounds add up to what the kernel has counted, to the last byte', async (t) => {
  const first = { lo: 17, eth0: 2 ** 32 - 5_000, eth1: 0 };
  const counted = { ...first };
  const stage = open(counted);
  for (let tick = 1; tick <= 3_600; tick += 1) {
    counted.lo += (tick * 7_919) % 1_013;
    counted.eth0 += (tick * 104_729) % 1_250_000_000; // up to 10 Gbit/s
    if (tick % 600 === 0) counted.eth1 += 1; // as good as idle
    stage.counters(counted);
    await stage.clock.advance(1_000);
  }
  stage.counters(counted);
  await stage.clock.advance(10_000); // the round that is open is closed
  await stage.stop();

  const samples = stage.rounds.map(sampleOf);
  t.ok(samples.length >= 360);
  for (const name of ['lo', 'eth0', 'eth1'] as const) {
    const deltas = samples.map(({ interfaces }) => interfaces.find((one) => one.name === name)?.deltas?.[0] ?? Number.NaN);
    t.equal(
      deltas.reduce((sum, delta) => sum + delta, 0),
      counted[name] - first[name],
      name,
    );
  }
  t.equal(
    samples.reduce((sum, { total }) => sum + (total.deltas?.[0] ?? Number.NaN), 0),
    Object.values(counted).reduce((sum, bytes) => sum + bytes) - Object.values(first).reduce((sum, bytes) => sum + bytes),
    'in all',
  );
});

t.test('links are looked at once a minute, and at once when an interface comes', async (t) => {
  const files = { flags: '0x1003', operstate: 'up', type: '1', mtu: '1500', address: '02:00:00:00:00:01' };
  const folder = (name: string, ifindex: string): [string, string][] =>
    Object.entries({ ...files, ifindex }).map(([file, text]) => [`/sys/class/net/${name}/${file}`, `${text}\n`]);
  const stage = open({ eth0: 1 }, [], Object.fromEntries([...folder('eth0', '2'), ...folder('eth1', '3')]));
  await stage.clock.advance(70_000);
  stage.counters({ eth0: 1, eth1: 1 });
  await stage.clock.advance(20_000);
  await stage.stop();

  const looked = stage.rounds.map((round) => sampleOf(round).links?.map(({ name }) => name) ?? null);
  t.same(looked, [['eth0'], null, null, null, null, null, null, ['eth0'], ['eth0', 'eth1']]);
});

t.test('what the limits file does not allow is a failed round with the agent to blame, and no rate spans it', async (t) => {
  const stage = open({ eth0: 1_000 });
  await stage.clock.advance(10_000);
  stage.machine.refused = 'probe-not-allowed';
  await stage.clock.advance(10_000);
  stage.machine.refused = null;
  stage.counters({ eth0: 900_000 });
  await stage.clock.advance(10_000);
  await stage.stop();

  t.match(stage.rounds[1]?.outcome, { status: 'failed', blame: 'agent', reason: 'probe-not-allowed' });
  t.match(sampleOf(stage.rounds[2]), { seconds: null, total: { deltas: null } });
});
