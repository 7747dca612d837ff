import { generateKeyPairSync } from 'node:crypto';
import t, { type Test } from 'tap';
import { nothingHeld } from '../../../agent/config/verify.ts';
import { Desk } from '../../../agent/errands/desk.ts';
import { encode } from '../../../protocol/codec.ts';
import { Limits } from '../../../agent/config/limits.ts';
import { silentLog } from '../../../protocol/log.ts';
import { sealingContext, unseal } from '../../../protocol/sealing.ts';
import { formatPublicKey } from '../../../protocol/signature.ts';
import { topic } from '../../../protocol/topics.ts';
import { onlineStatus, openTestApi } from '../../helpers/api.ts';
import { makeSigner } from '../../helpers/controller.ts';
import { mibOf } from '../../helpers/snmp-device.ts';
import { openTestEngine } from '../../helpers/snmp-engine.ts';
import { type Faults, openResponder } from '../../helpers/snmp-responder.ts';

const SECRET = 'a-very-secret-community';
const ports = [1, 2, 3].map((index) => ({ index, name: `eth${index}`, inOctets: 5n, outOctets: 6n }));

/** A controller, the desk of its agent with the real SNMP process behind it, and a device; only the broker between them is made up. */
const open = async (t: Test, { limits = {}, faults = {} as Faults } = {}) => {
  const signer = makeSigner();
  const api = await openTestApi({ signer });
  const { test } = api;
  const keys = generateKeyPairSync('x25519');
  const pem = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  await test.state
    .updateTable('agents')
    .set({ sealing_key: formatPublicKey(keys.publicKey) })
    .where('id', '=', 'ams1')
    .execute();
  const engine = openTestEngine(Limits.parse(limits));
  const device = await openResponder(mibOf({ sysName: 'sw1', upTimeCs: () => 100, ports }), faults);
  const desk = new Desk({
    clock: test.clock,
    log: silentLog,
    identity: { agentId: 'ams1', rootKey: signer.rootKey },
    held: () => nothingHeld,
    now: test.clock.now,
    snmp: engine,
    resolve: async (address) => ({ ok: true, address }),
    unseal: (id, sealed) => unseal(pem, sealingContext('ams1', id), sealed),
  });
  const session = new AbortController();
  const { broker } = test;
  const publish = broker.publish;
  broker.publish = async (name, payload, options) => {
    await publish(name, payload, options);
    const reply = (message: object): void => broker.deliver(topic('ams1', 'command/reply'), encode(message));
    if (name === topic('ams1', 'command')) void desk.take(payload, reply, session.signal);
  };
  test.send('ams1', 'status', onlineStatus({ capabilities: ['snmp', 'command'] }));
  const cookie = await api.signInAs('operator');
  t.teardown(async () => {
    session.abort();
    await api.stop();
    await engine[Symbol.asyncDispose]();
    await device[Symbol.asyncDispose]();
  });
  const ask = async (path: string, body: object) => {
    const answer = await api.app.inject({ method: 'POST', url: `/api/v1${path}`, headers: { host: 'localhost', cookie }, payload: body });
    const lines = answer.body
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    return { status: answer.statusCode, lines };
  };
  return { api, ask, device, cookie };
};
const spoken = (port: number) => ({ agent: 'ams1', port, secrets: { community: SECRET }, timeoutMs: 500, retries: 0 });

t.test('asks: an address is walked by an agent, by a name of a MIB', async (t) => {
  const { ask, device, api } = await open(t);
  const { status, lines } = await ask('/snmp/walk', { ...spoken(device.port), address: '127.0.0.1', oid: 'IF-MIB::ifName' });
  t.equal(status, 200);
  t.same(lines, [
    { oid: '1.3.6.1.2.1.31.1.1.1.1.1', name: 'IF-MIB::ifName.1', type: 'STRING', value: 'eth1' },
    { oid: '1.3.6.1.2.1.31.1.1.1.1.2', name: 'IF-MIB::ifName.2', type: 'STRING', value: 'eth2' },
    { oid: '1.3.6.1.2.1.31.1.1.1.1.3', name: 'IF-MIB::ifName.3', type: 'STRING', value: 'eth3' },
    { end: { ok: true } },
  ]);
  const audit = JSON.stringify(await api.test.state.selectFrom('audit').selectAll().execute());
  t.match(audit, /snmp-walk/);
  const sent = api.test.broker.sent.map(({ payload }) => Buffer.from(payload).toString('latin1')).join();
  t.notMatch(audit + sent, new RegExp(SECRET), 'and its secret is in no audit and no message');
});

t.test('asks: a device of the fleet is walked with its kept secrets, at most as far as was said', async (t) => {
  const { ask, device } = await open(t);
  const input = { id: 'sw1', name: 'Switch', address: '127.0.0.1', port: device.port, agent: 'ams1', access: { version: '2c' } };
  t.equal((await ask('/devices', { ...input, secrets: { community: SECRET } })).status, 201);
  t.match(await ask('/devices/sw1/walk', { most: 2 }), {
    status: 200,
    lines: [{ name: 'SNMPv2-MIB::sysDescr.0', value: 'a made-up device' }, { name: 'SNMPv2-MIB::sysObjectID.0' }, { end: { ok: true } }],
  });
});

t.test('asks: which addresses of a network answer', async (t) => {
  const { ask, device } = await open(t);
  const { lines } = await ask('/snmp/discover', { ...spoken(device.port), addresses: ['127.0.0.0/30'] });
  t.same(lines, [
    { address: '127.0.0.1', name: 'sw1', descr: 'a made-up device', objectId: '1.3.6.1.4.1.99999.1', ports: null },
    { end: { ok: true } },
  ]);
});

t.test("asks: the agent's own guard rails hold", async (t) => {
  const { ask, device } = await open(t, { limits: { deniedNetworks: ['127.0.0.0/8'] } });
  const { lines } = await ask('/snmp/walk', { ...spoken(device.port), address: '127.0.0.1' });
  t.match(lines, [{ end: { ok: false, reason: 'held', detail: /denied-network/ } }]);
  t.equal(device.requests, 0);
});

t.test('asks: a device that is silent, and what cannot be asked at all', async (t) => {
  const { ask, device } = await open(t, { faults: { dropTenths: 10 } });
  t.match(await ask('/snmp/walk', { ...spoken(device.port), address: '127.0.0.1' }), {
    status: 200,
    lines: [{ end: { ok: false, reason: 'timeout' } }],
  });
  for (const [path, change, why] of [
    ['/snmp/walk', { oid: 'noSuchName' }, /no module here knows "noSuchName"/],
    ['/snmp/walk', { agent: 'fra1' }, /no enrolled agent fra1/],
    ['/snmp/walk', { access: { version: '3', user: 'u', level: 'authNoPriv' } }, /authNoPriv needs the password/],
    ['/snmp/discover', { addresses: ['192.0.2.0/8'] }, /at most 4096 at once/],
    ['/snmp/discover', { addresses: ['example.net'] }, /not an address or a network/],
  ] as const) {
    const body = path === '/snmp/walk' ? { address: '127.0.0.1' } : {};
    t.match(await ask(path, { ...spoken(device.port), ...body, ...change }), { status: 422, lines: [{ detail: why }] });
  }
});

t.test('asks: many variables come in parts, and all of them come', async (t) => {
  const { ask, device } = await open(t);
  const extra = Object.fromEntries(
    Array.from({ length: 5_000 }, (_, i) => [`1.3.6.1.4.1.99999.2.${i + 1}`, { type: 'integer', value: i } as const]),
  );
  device.setMib({ ...mibOf({ sysName: 'sw1', upTimeCs: () => 100, ports }), ...extra });
  const { lines } = await ask('/snmp/walk', { ...spoken(device.port), address: '127.0.0.1', oid: '1.3.6.1.4.1.99999.2' });
  t.equal(lines.length, 5_001);
  t.match(lines[4_999], { value: 4_999 });
});
