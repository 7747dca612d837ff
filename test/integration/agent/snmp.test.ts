import t from 'tap';
import type { SnmpSecrets } from '../../../protocol/probes/snmp.ts';
import { openTestEngine, snmpOrder, snmpSampleOf, takeRounds } from '../../helpers/snmp-engine.ts';
import { AUTH_KEY, COMMUNITY, PRIV_KEY, SNMPD, SNMPSIM, startSnmpd, startSnmpsim, V3_USERS, whyWithout } from '../../helpers/snmpd.ts';

t.test('snmpd: v1, v2c and every v3 user read the same device', { skip: whyWithout(SNMPD) }, async (t) => {
  await using snmpd = await startSnmpd();
  await using engine = openTestEngine();
  const ways: [string, object, SnmpSecrets][] = [
    ['v1', { version: '1' }, { community: COMMUNITY }],
    ['v2c', { version: '2c' }, { community: COMMUNITY }],
    ...V3_USERS.map((user): [string, object, SnmpSecrets] => {
      const { row: _row, create: _create, ...access } = user;
      return [user.user, { version: '3', ...access }, { authKey: AUTH_KEY, privKey: PRIV_KEY }];
    }),
  ];
  const rounds = await Promise.all(
    ways.map(([id, access, secrets]) => takeRounds(engine, snmpOrder(id, snmpd.port, { access }, secrets), 2)),
  );
  for (const [i, two] of rounds.entries()) {
    t.comment(ways[i]?.[0]);
    const sample = snmpSampleOf(two[1]);
    t.match(sample.system, {
      name: 'snmpd-under-test',
      location: 'rack 7',
      contact: 'noc@example.net',
      objectId: /^1\.3\.6\.1\.4\.1\.8072\./,
    });
    t.match(sample, { complete: true, problems: [], timeouts: 0 });
    t.match(
      sample.ports.find(({ name }) => name === 'lo'),
      { id: 'lo', type: 24, oper: 1, mtu: 65_536 },
    );
  }
});

t.test('snmpd: a wrong community is silence, a wrong v3 password is told', { skip: whyWithout(SNMPD) }, async (t) => {
  await using snmpd = await startSnmpd();
  await using engine = openTestEngine();
  const fast = { timeoutMs: 200, retries: 0 };
  const [silence] = await takeRounds(engine, snmpOrder('a', snmpd.port, fast, { community: 'wrong' }), 1);
  t.match(silence?.outcome, { status: 'failed', blame: 'target', reason: 'timeout' });
  const access = { version: '3', user: 'aes128', level: 'authPriv', authProtocol: 'sha256', privProtocol: 'aes' };
  const [told] = await takeRounds(
    engine,
    snmpOrder('b', snmpd.port, { ...fast, access }, { authKey: 'not-the-one', privKey: PRIV_KEY }),
    1,
  );
  t.match(told?.outcome, { status: 'failed', blame: 'target', reason: 'auth-failed' });
  t.notMatch(JSON.stringify([silence, told]), /wrong"|not-the-one|priv-secret/, 'and no secret is in what travels');
});

t.test('snmpsim: a synthetic walk is read as it is', { skip: whyWithout(SNMPSIM) }, async (t) => {
  const rows = Array.from({ length: 30 }, (_, i) => i + 1);
  const walk = [
    '1.3.6.1.2.1.1.1.0|4|made up',
    '1.3.6.1.2.1.1.3.0|67|123456',
    '1.3.6.1.2.1.1.5.0|4|sim1',
    ...rows.map((i) => `1.3.6.1.2.1.2.2.1.2.${i}|4|port ${i}`),
    ...rows.map((i) => `1.3.6.1.2.1.2.2.1.3.${i}|2|6`),
    ...rows.map((i) => `1.3.6.1.2.1.2.2.1.8.${i}|2|${i % 2 === 0 ? 2 : 1}`),
    ...rows.map((i) => `1.3.6.1.2.1.31.1.1.1.1.${i}|4x|${Buffer.from(`Te1/${i}\0`).toString('hex')}`),
    ...rows.map((i) => `1.3.6.1.2.1.31.1.1.1.6.${i}|70|${2n ** 60n + BigInt(i)}`),
    ...rows.map((i) => `1.3.6.1.2.1.31.1.1.1.18.${i}|4|customer ${i}`),
  ];
  await using sim = await startSnmpsim({ public: `${walk.join('\n')}\n` });
  await using engine = openTestEngine();
  const [round] = await takeRounds(engine, snmpOrder('sim1', sim.port, { timeoutMs: 3_000 }, { community: 'public' }, 10_000), 1);
  const { ports, system, complete } = snmpSampleOf(round);
  t.match(system, { name: 'sim1', upTimeCs: 123_456 });
  t.equal(complete, true);
  t.equal(ports.length, 30);
  t.match(ports[29], { id: 'te1-30', name: 'Te1/30', alias: 'customer 30', oper: 2, speedBps: null });
  t.equal(ports[0]?.counters['ifHCInOctets'], Number((2n ** 60n + 1n) % 2n ** 53n));
});
