import t from 'tap';
import { mibOf } from '../../helpers/snmp-device.ts';
import { faultyDevice, FAULTY_PORTS, openFaulty } from '../../helpers/snmp-faulty.ts';
import { openPoller } from '../../helpers/snmp-poll.ts';
import { openResponder } from '../../helpers/snmp-responder.ts';
import { freePort } from '../../helpers/snmpd.ts';

t.test('faults: a device that answers tooBig is asked for less', async (t) => {
  for (const tooBigAbove of [30, 7, 1]) {
    const { poller } = await openFaulty(t, { tooBigAbove });
    t.match(await poller.sample(0), { complete: true, ports: { length: FAULTY_PORTS } }, `at most ${tooBigAbove}`);
  }
});

t.test('faults: answers that are cut short, anywhere', async (t) => {
  for (const truncateAt of [33, 17, 5, 1]) {
    const { poller } = await openFaulty(t, { truncateAt });
    t.match(await poller.sample(0), { complete: true, ports: { length: FAULTY_PORTS } }, `after ${truncateAt}`);
  }
});

t.test('faults: every answer comes twice', async (t) => {
  const { poller } = await openFaulty(t, { twice: true });
  t.match(await poller.sample(0), { complete: true, ports: { length: FAULTY_PORTS }, problems: [] });
});

t.test('faults: a table that never rises ends, and is said', async (t) => {
  const { poller } = await openFaulty(t, { stuck: true });
  const sample = await poller.sample(0);
  t.match(sample.problems.join(), /does not rise/);
});

t.test('faults: half of the requests are lost: slower, but all is there', async (t) => {
  const { poller } = await openFaulty(t, { dropTenths: 5 }, { options: { timeoutMs: 200, retries: 5 } });
  const sample = await poller.sample(0);
  t.equal(sample.complete, true);
  t.equal(sample.ports.length, FAULTY_PORTS);
});

t.test('faults: garbage is told from silence, and ends nothing', async (t) => {
  const { poller, responder } = await openFaulty(t, { garbage: true });
  t.match(await poller.at(0), { ok: false, failure: { reason: 'garbage' } });
  responder.faults.garbage = false;
  t.match(await poller.sample(60), { complete: true });
});

t.test('faults: an answer from another port is no answer', async (t) => {
  const { poller } = await openFaulty(t, { elsewhere: true });
  t.match(await poller.at(0), { ok: false, failure: { reason: 'timeout' } });
});

t.test('faults: nobody listens there', async (t) => {
  const port = await freePort();
  const poller = openPoller({ port, options: { timeoutMs: 200, retries: 0 } });
  t.match(await poller.at(0), { ok: false });
  poller[Symbol.dispose]();
});

t.test('faults: an endless device of columns that are missing, or of another type', async (t) => {
  const made = faultyDevice();
  const extra = { '1.3.6.1.2.1.31.1.1.1.6.3': { type: 'octets', value: 'not a counter' } as const };
  const odd = Object.fromEntries(Object.entries({ ...mibOf(made), ...extra }).filter(([oid]) => !/\.2\.2\.1\.(3|6)\./.test(oid)));
  const responder = await openResponder(odd);
  const poller = openPoller({ port: responder.port });
  t.teardown(async () => {
    poller[Symbol.dispose]();
    await responder[Symbol.asyncDispose]();
  });
  const sample = await poller.sample(0);
  t.match(sample, { complete: true, ports: { length: FAULTY_PORTS } });
  t.equal(sample.ports[2]?.counters['ifHCInOctets'], undefined);
  t.ok(sample.ports[2]?.counters['ifInOctets'] !== undefined, 'and the 32-bit one stands in');
  t.equal(sample.ports[0]?.physAddress, '');
});
