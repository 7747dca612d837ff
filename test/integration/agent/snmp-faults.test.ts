import t, { type Test } from 'tap';
import { type MadeDevice, type MadePort, mibOf } from '../../helpers/snmp-device.ts';
import { freePort } from '../../helpers/snmpd.ts';
import { openPoller, type PollerOptions } from '../../helpers/snmp-poll.ts';
import { type Faults, openResponder } from '../../helpers/snmp-responder.ts';

const PORTS = 60;
const ports = (): MadePort[] =>
  Array.from({ length: PORTS }, (_, i) => ({ index: i + 1, name: `ge-0/0/${i}`, inOctets: BigInt(i) * 1_000n, outOctets: 0n }));
const device = (): MadeDevice => ({ sysName: 'sw1', upTimeCs: () => 100_000, ports: ports() });

const open = async (t: Test, faults: Faults, options: Partial<PollerOptions> = {}) => {
  const responder = await openResponder(mibOf(device()), faults);
  const poller = openPoller({ port: responder.port, ...options });
  t.teardown(async () => {
    poller[Symbol.dispose]();
    await responder[Symbol.asyncDispose]();
  });
  return { responder, poller };
};

t.test('faults: a device that answers tooBig is asked for less', async (t) => {
  for (const tooBigAbove of [30, 7, 1]) {
    const { poller } = await open(t, { tooBigAbove });
    t.match(await poller.sample(0), { complete: true, ports: { length: PORTS } }, `at most ${tooBigAbove}`);
  }
});

t.test('faults: answers that are cut short, anywhere', async (t) => {
  for (const truncateAt of [33, 17, 5, 1]) {
    const { poller } = await open(t, { truncateAt });
    t.match(await poller.sample(0), { complete: true, ports: { length: PORTS } }, `after ${truncateAt}`);
  }
});

t.test('faults: every answer comes twice', async (t) => {
  const { poller } = await open(t, { twice: true });
  t.match(await poller.sample(0), { complete: true, ports: { length: PORTS }, problems: [] });
});

t.test('faults: a table that never rises ends, and is said', async (t) => {
  const { poller } = await open(t, { stuck: true });
  const sample = await poller.sample(0);
  t.match(sample.problems.join(), /does not rise/);
});

t.test('faults: half of the requests are lost: slower, but all is there', async (t) => {
  const { poller } = await open(t, { dropTenths: 5 }, { options: { timeoutMs: 200, retries: 5 } });
  const sample = await poller.sample(0);
  t.equal(sample.complete, true);
  t.equal(sample.ports.length, PORTS);
});

t.test('faults: garbage is told from silence, and ends nothing', async (t) => {
  const { poller, responder } = await open(t, { garbage: true });
  t.match(await poller.at(0), { ok: false, failure: { reason: 'garbage' } });
  responder.faults.garbage = false;
  t.match(await poller.sample(60), { complete: true });
});

t.test('faults: an answer from another port is no answer', async (t) => {
  const { poller } = await open(t, { elsewhere: true });
  t.match(await poller.at(0), { ok: false, failure: { reason: 'timeout' } });
});

t.test('faults: nobody listens there', async (t) => {
  const port = await freePort();
  const poller = openPoller({ port, options: { timeoutMs: 200, retries: 0 } });
  t.match(await poller.at(0), { ok: false });
  poller[Symbol.dispose]();
});

t.test('faults: the budget ends a poll with what it has, the octets first', async (t) => {
  const { poller } = await open(t, { delayMs: 600 }, { options: { timeoutMs: 1_500 }, budgetMs: 6_500 });
  const sample = await poller.sample(0);
  t.equal(sample.complete, false);
  t.match(sample.problems, ['the time budget ended the poll']);
});

t.test('faults: an endless device of columns that are missing, or of another type', async (t) => {
  const made = device();
  const extra = { '1.3.6.1.2.1.31.1.1.1.6.3': { type: 'octets', value: 'not a counter' } as const };
  const odd = Object.fromEntries(Object.entries({ ...mibOf(made), ...extra }).filter(([oid]) => !/\.2\.2\.1\.(3|6)\./.test(oid)));
  const responder = await openResponder(odd);
  const poller = openPoller({ port: responder.port });
  t.teardown(async () => {
    poller[Symbol.dispose]();
    await responder[Symbol.asyncDispose]();
  });
  const sample = await poller.sample(0);
  t.match(sample, { complete: true, ports: { length: PORTS } });
  t.equal(sample.ports[2]?.counters['ifHCInOctets'], undefined);
  t.ok(sample.ports[2]?.counters['ifInOctets'] !== undefined, 'and the 32-bit one stands in');
  t.equal(sample.ports[0]?.physAddress, '');
});
