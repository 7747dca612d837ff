import t from 'tap';
import { Limits } from '../../../agent/config/limits.ts';
import type { MeasuredRound } from '../../../agent/probes/probe.ts';
import { type MadeDevice, mibOf } from '../../helpers/snmp-device.ts';
import { openTestEngine, snmpOrder, snmpSampleOf, takeRounds } from '../../helpers/snmp-engine.ts';
import { openResponder } from '../../helpers/snmp-responder.ts';

const limits = Limits.parse({});

t.test('one slow and one dead device delay nobody', async (t) => {
  const device = (name: string): MadeDevice => ({
    sysName: name,
    upTimeCs: () => 1_000,
    ports: [{ index: 1, name: 'eth0', inOctets: 1n, outOctets: 1n }],
  });
  await using slow = await openResponder(mibOf(device('slow')), { delayMs: 900 });
  await using dead = await openResponder(mibOf(device('dead')), { dropTenths: 10 });
  await using good = await openResponder(mibOf(device('good')));
  await using engine = openTestEngine();
  const secrets = { community: 'public' };
  const stop = new AbortController();
  const others = [slow, dead].map((one, i) => takeRounds(engine, snmpOrder(`bad${i}`, one.port, { timeoutMs: 1_500 }, secrets), 1));
  const rounds = await takeRounds(engine, snmpOrder('good', good.port, {}, secrets, 1_000), 4);
  stop.abort();
  const late = rounds.slice(1).map(({ startedMs }, i) => startedMs - (rounds[i]?.startedMs ?? 0));
  t.same(late, [1_000, 1_000, 1_000], 'each slot is kept');
  t.ok(
    rounds.slice(1).every(({ durationMs }) => durationMs < 300),
    rounds.map(({ durationMs }) => durationMs.toFixed(0)).join(),
  );
  const [[ofSlow], [ofDead]] = await Promise.all(others).then(([a = [], b = []]) => [a, b] as const);
  t.match(ofSlow?.outcome.status, 'sampled');
  t.match(ofDead?.outcome, { status: 'failed', reason: 'timeout', blame: 'target' });
});

t.test('guard rails: without limits, or where SNMP is not allowed, no datagram leaves', async (t) => {
  await using responder = await openResponder({});
  await using engine = openTestEngine(null);
  const one = snmpOrder('a', responder.port, { timeoutMs: 200, retries: 0 }, { community: 'public' });
  t.match((await takeRounds(engine, one, 1))[0]?.outcome, { status: 'failed', blame: 'agent', reason: 'guard-rail: no-limits' });
  engine.setLimits({ ...limits, allowedProbes: ['icmp'] });
  t.match((await takeRounds(engine, one, 1))[0]?.outcome, { status: 'failed', blame: 'agent', reason: 'guard-rail: probe-not-allowed' });
  engine.setLimits({ ...limits, deniedNetworks: ['127.0.0.0/8'] });
  t.match((await takeRounds(engine, one, 1))[0]?.outcome, { status: 'failed', blame: 'agent', reason: 'guard-rail: denied-network' });
  t.equal(responder.requests, 0);
});

t.test('the process that dies is started again, and knows its ports', async (t) => {
  const device: MadeDevice = { sysName: 'a', upTimeCs: () => 1_000, ports: [{ index: 1, name: 'eth0', inOctets: 1n, outOctets: 1n }] };
  await using responder = await openResponder(mibOf(device));
  await using engine = openTestEngine();
  let remembered = '';
  const one = { ...snmpOrder('a', responder.port, {}, { community: 'public' }), remember: (text: string) => void (remembered = text) };
  const rounds: MeasuredRound[] = [];
  for await (const round of engine.rounds(one, 0, AbortSignal.timeout(20_000))) {
    rounds.push(round);
    if (rounds.length === 1) process.kill(engine.pid() ?? 0, 'SIGKILL');
    if (rounds.length === 2) break;
  }
  t.equal(engine.restarts(), 1);
  t.match(snmpSampleOf(rounds[1]).ports, [{ id: 'eth0' }]);
  t.match(JSON.parse(remembered), { sysName: 'a', ports: [{ id: 'eth0', index: 1, name: 'eth0' }] });
});
