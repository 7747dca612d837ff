import { generateKeyPairSync } from 'node:crypto';
import t, { type Test } from 'tap';
import type { PortSample, SnmpSample } from '../../../protocol/probes/snmp.ts';
import { sealingContext, unseal } from '../../../protocol/sealing.ts';
import { formatPublicKey } from '../../../protocol/signature.ts';
import { openTestApi } from '../../helpers/api.ts';
import { settle } from '../../helpers/manual-clock.ts';
import { portSample as port, snmpSample as sample } from '../../helpers/snmp-sample.ts';
import { makeBatch, makeRound } from '../../helpers/rounds.ts';

const SECRET = 'a-very-secret-community';
const input = (change: object = {}): object => ({
  id: 'sw1',
  name: 'Switch 1',
  address: '192.0.2.7',
  agent: 'ams1',
  access: { version: '2c' },
  secrets: { community: SECRET },
  ...change,
});

const open = async (t: Test) => {
  const api = await openTestApi();
  const keys = generateKeyPairSync('x25519');
  await api.test.state
    .updateTable('agents')
    .set({ sealing_key: formatPublicKey(keys.publicKey) })
    .where('id', '=', 'ams1')
    .execute();
  const cookie = await api.signInAs('operator');
  t.teardown(() => api.stop());
  const ask = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: object) => api.ask(method, `/api/v1${path}`, body, cookie);
  const privateKey = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const task = () =>
    api.test
      .configs('ams1')
      .at(-1)
      ?.tasks.find(({ id }) => id === 'sw1/snmp');
  return { api, ask, privateKey, task };
};

t.test('devices: a secret goes in and is seen nowhere again, but sealed by its agent', async (t) => {
  const { api, ask, privateKey, task } = await open(t);
  t.match(await ask('POST', '/devices', input()), { status: 201, json: { agents: ['ams1'] } });

  const options = task()?.options;
  if (options?.kind !== 'snmp') return t.fail('no SNMP task');
  t.same(unseal(privateKey, sealingContext('ams1', 'sw1/snmp'), options.sealed), {
    ok: true,
    value: JSON.stringify({ community: SECRET }),
  });
  t.match(await ask('GET', '/devices/sw1'), {
    status: 200,
    json: { id: 'sw1', has: { community: true, authKey: false, privKey: false }, state: 'waiting' },
  });

  const everything = [
    JSON.stringify((await ask('GET', '/devices')).json),
    JSON.stringify(await api.test.state.selectFrom('devices').selectAll().execute()),
    JSON.stringify(await api.test.state.selectFrom('audit').selectAll().execute()),
    JSON.stringify(await api.test.state.selectFrom('revisions').selectAll().execute()),
    ...api.test.configs('ams1').map((config) => JSON.stringify(config)),
    (await ask('GET', '/openapi.json')).text,
  ].join('\n');
  t.notOk(everything.includes(SECRET), 'the secret itself stands nowhere');
});

t.test('devices: the same fleet gives the same bytes; another agent key, secret or agent is sealed anew', async (t) => {
  const { api, ask, task, privateKey } = await open(t);
  await ask('POST', '/devices', input());
  const first = task();
  await api.test.controller.agentsChanged();
  t.same(task(), first);

  await ask('PUT', '/devices/sw1', input({ name: 'Renamed', secrets: {} }));
  t.match(unsealed(task(), privateKey), { community: SECRET }, 'what is not said stays');
  await ask('PUT', '/devices/sw1', input({ secrets: { community: 'another-one' } }));
  t.match(unsealed(task(), privateKey), { community: 'another-one' });

  const next = generateKeyPairSync('x25519');
  await api.test.state
    .updateTable('agents')
    .set({ sealing_key: formatPublicKey(next.publicKey) })
    .where('id', '=', 'ams1')
    .execute();
  await api.test.controller.agentsChanged();
  t.match(unsealed(task(), next.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()), { community: 'another-one' });
});

const unsealed = (task: { readonly options: object } | undefined, key: string): unknown => {
  const options = task?.options;
  const sealed = options !== undefined && 'sealed' in options ? String(options.sealed) : '';
  const opened = unseal(key, sealingContext('ams1', 'sw1/snmp'), sealed);
  return opened.ok ? JSON.parse(opened.value) : opened;
};

t.test('devices: refusals say what, where and what would be right, and change nothing', async (t) => {
  const { ask } = await open(t);
  const refusal = async (body: object) => (await ask('POST', '/devices', body)).json;
  t.match(await refusal(input({ secrets: {} })), {
    status: 422,
    errors: [{ path: 'secrets.community', message: 'SNMP v2c needs a community' }],
  });
  t.match(await refusal(input({ agent: 'nobody' })), { errors: [{ path: 'agent', message: 'there is no enrolled agent nobody' }] });
  t.match(await refusal(input({ intervalMs: 1 })), { errors: [{ path: 'intervalMs' }] });
  t.match(await refusal(input({ comunity: 'x' })), { errors: [{ path: 'comunity' }] });
  const v3 = { version: '3', user: 'noc', level: 'authPriv' };
  t.match(await refusal(input({ access: v3, secrets: { authKey: 'long enough' } })), { errors: [{ path: 'secrets.privKey' }] });
  t.match(await refusal(input({ scalars: [{ name: 'x', oid: 'NO-MIB::x' }] })), {
    errors: [{ path: 'scalars[0].oid', message: /upload its MIB/ }],
  });
  t.match(await refusal(input({ tables: [{ name: 'ping', columns: [{ name: 'a', oid: '1.3.6' }] }] })), {
    errors: [{ path: 'tables[0].name' }],
  });
  t.match(await ask('GET', '/devices'), { json: { devices: [] } });
  await ask('POST', '/devices', input());
  t.match(await ask('POST', '/devices', input()), { status: 409 });
  t.match(await ask('DELETE', '/devices/sw2'), { status: 404 });
});

t.test('devices: names of MIBs become numbers', async (t) => {
  const { ask, task } = await open(t);
  const scalars = [
    { name: 'up', oid: 'sysUpTime' },
    { name: 'mtu3', oid: 'IF-MIB::ifMtu.3' },
  ];
  const tables = [{ name: 'own', columns: [{ name: 'type', oid: 'ifType' }] }];
  t.match(await ask('POST', '/devices', input({ scalars, tables, templates: [] })), { status: 201 });
  t.match(task()?.options, {
    scalars: [
      { name: 'up', oid: '1.3.6.1.2.1.1.3.0' },
      { name: 'mtu3', oid: '1.3.6.1.2.1.2.2.1.4.3' },
    ],
    tables: [{ name: 'own', columns: [{ oid: '1.3.6.1.2.1.2.2.1.3' }] }],
  });
});

t.test('devices: polls become state, ports, series and events; done again they change nothing', async (t) => {
  const { api, ask } = await open(t);
  await ask('POST', '/devices', input());
  let seq = 0;
  const t0 = api.test.clock.now();
  const poll = async (after: number, change: Partial<SnmpSample>): Promise<void> => {
    seq += 1;
    const round = makeRound(seq, t0 + after, {
      task: 'sw1/snmp',
      intervalMs: 60_000,
      durationMs: 500,
      outcome: { status: 'sampled', sample: sample(change) },
    });
    await api.test.clock.advance(Math.max(0, t0 + after + 1_000 - api.test.clock.now()));
    await api.test.batch('ams1', makeBatch([round]));
    await settle();
    await api.test.clock.advance(50);
  };
  await poll(0, { ports: [port('gi0-1'), port('gi0-2', { index: 2, oper: 2 })] });
  await poll(60_000, {
    system: { ...sample().system, upTimeCs: 106_000 },
    changed: { entityCs: 5, configurationCs: 105_000, portsCs: 9 },
    ports: [port('gi0-1', { index: 11, alias: 'uplink' }), port('gi0-3', { index: 3 })],
  });
  await poll(120_000, {
    system: { ...sample().system, upTimeCs: 1_000 },
    ports: [port('gi0-1', { index: 11, alias: 'uplink', rates: null, noRate: 'reboot' })],
    complete: false,
  });

  t.match((await ask('GET', '/devices/sw1')).json, {
    state: 'partial',
    vendor: 'Cisco',
    portsTotal: 2,
    portsUp: 2,
    usedTemplates: /cisco/,
    system: { name: 'sw1.example.net' },
  });
  t.match(
    (await ask('GET', '/devices/sw1/ports?gone=1')).json.ports.map((one: PortSample & { goneAt: number }) => [
      one.id,
      one.index,
      one.goneAt !== null,
    ]),
    [
      ['gi0-2', 2, true],
      ['gi0-3', 3, false],
      ['gi0-1', 11, false],
    ],
  );
  const events = (await ask('GET', '/devices/sw1/events')).json.events.map(({ kind, port: of }: { kind: string; port: string }) =>
    `${kind} ${of ?? ''}`.trim(),
  );
  t.same(
    new Set(events),
    new Set(['restarted', 'configuration', 'port-renumbered gi0-1', 'port-described gi0-1', 'port-added gi0-3', 'port-gone gi0-2']),
  );
  const history = (await ask('GET', `/devices/sw1/ports/gi0-1/history?from=${t0 - 1}&to=${t0 + 200_000}`)).json;
  t.match(history, { bucketMs: 0, p95: { inBps: 1_000, outBps: 10 }, totals: { inOctets: 15_000, outOctets: 150 }, speedBps: 1e9 });
  t.equal(history.columns.length, 3);
  t.equal(history.columns[2].inBps, null, 'and no rate is drawn where there was none');

  const series = await api.test.store.query({
    measurement: 'interface',
    tags: { ifName: ['gi0-1'], agent_host: ['192.0.2.7'] },
    fields: [{ field: 'ifHCInOctets', aggregate: 'last' }],
    from: 0,
    to: t0 + 1e6,
  });
  t.match(series[0]?.tags, { ifIndex: /1/, sysName: 'sw1.example.net', host: 'ams1', source: '192.0.2.7', port: 'gi0-1' });

  const before = (await ask('GET', '/devices/sw1/events')).json.events.length;
  seq -= 1;
  await poll(120_000, {});
  t.equal((await ask('GET', '/devices/sw1/events')).json.events.length, before);
});

t.test('devices: a failed poll says why, and a device does not touch the rules of targets', async (t) => {
  const { api, ask } = await open(t);
  await ask('POST', '/devices', input());
  const round = makeRound(1, api.test.clock.now(), {
    task: 'sw1/snmp',
    intervalMs: 60_000,
    outcome: { status: 'failed', blame: 'target', reason: 'timeout', detail: '' },
    durationMs: 1_000,
  });
  await api.test.clock.advance(2_000);
  await api.test.batch('ams1', makeBatch([round]));
  await api.test.clock.advance(50);
  t.match((await ask('GET', '/devices/sw1')).json, { state: 'failed', reason: /no answer/ });
  t.same((await api.test.state.selectFrom('alert_states').selectAll().execute()).length, 0);
  t.same((await api.test.state.selectFrom('answers').selectAll().execute()).length, 0);
});

t.test('devices: rules select ports by the labels of their device, and by the port itself', async (t) => {
  const { api, ask } = await open(t);
  await ask('POST', '/devices', input({ labels: { role: 'core' } }));
  await ask('POST', '/devices', input({ id: 'sw2', labels: { role: 'access' } }));
  const rule = {
    id: 'core-uplink-down',
    name: 'Uplink of a core switch down',
    measurement: 'interface',
    field: 'ifOperStatus',
    threshold: 1.5,
    targets: { labels: { in: { role: ['core'] } } },
    series: { in: { ifAlias: ['uplink'] } },
  };
  const admin = await api.signInAs('admin');
  t.match(await api.ask('POST', '/api/v1/rules', rule, admin), { status: 201 });
  const t0 = api.test.clock.now();
  for (let i = 0; i < 5; i += 1) {
    await api.test.clock.advance(60_000);
    const ports = [port('gi0-1', { alias: 'uplink', oper: 2 }), port('gi0-2', { alias: 'desk', oper: 2 })];
    const rounds = ['sw1', 'sw2'].map((device, n) =>
      makeRound(2 * i + n + 1, t0 + i * 60_000, {
        task: `${device}/snmp`,
        intervalMs: 60_000,
        outcome: { status: 'sampled', sample: sample({ ports }) },
      }),
    );
    await api.test.batch('ams1', makeBatch(rounds, { lowest: 1, upTo: Math.floor(api.test.clock.now()) }));
    await settle();
  }
  await api.test.clock.advance(60_000);
  const incidents = await api.test.state.selectFrom('incidents').select(['title', 'state']).where('title', 'like', 'Uplink%').execute();
  t.match(incidents, [{ title: /sw1.*gi0-1/, state: 'firing' }]);
  t.equal(incidents.length, 1);
});
