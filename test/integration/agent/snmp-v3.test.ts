import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { openUserSession } from '../../../agent/probes/snmp/user-session.ts';
import { elements, integer, oidBytes, tlv } from '../../helpers/ber.ts';
import { openPoller } from '../../helpers/snmp-poll.ts';
import { AUTH_KEY, PRIV_KEY, SNMPD, startSnmpd, whyWithout } from '../../helpers/snmpd.ts';

const SYS_NAME = '1.3.6.1.2.1.1.5.0';
const access = { version: '3', user: 'aes128', level: 'authPriv', authProtocol: 'sha256', privProtocol: 'aes', context: '' } as const;
const secrets = { authKey: AUTH_KEY, privKey: PRIV_KEY };

/** An answer without authentication for whatever was asked, as somebody would send it who sees the question and knows no password. */
const forge = (request: Buffer, tag: number): Buffer => {
  const [, header, security] = elements(elements(request)[0]?.body ?? Buffer.alloc(0));
  const [id] = elements(header?.body ?? Buffer.alloc(0));
  const [engine, boots, time, user] = elements(elements(security?.body ?? Buffer.alloc(0))[0]?.body ?? Buffer.alloc(0));
  if (id === undefined || engine === undefined || boots === undefined || time === undefined || user === undefined) throw new Error('no v3');
  const name = tlv(0x30, Buffer.concat([tlv(6, oidBytes(SYS_NAME)), tlv(4, Buffer.from('forged'))]));
  const pdu = tlv(tag, Buffer.concat([integer(1), integer(0), integer(0), tlv(0x30, name)]));
  const usm = [
    tlv(4, engine.body),
    tlv(2, boots.body),
    tlv(2, time.body),
    tlv(4, user.body),
    tlv(4, Buffer.alloc(0)),
    tlv(4, Buffer.alloc(0)),
  ];
  return tlv(
    0x30,
    Buffer.concat([
      integer(3),
      tlv(0x30, Buffer.concat([tlv(2, id.body), integer(65_507), tlv(4, Buffer.from([0])), integer(3)])),
      tlv(4, tlv(0x30, Buffer.concat(usm))),
      tlv(0x30, Buffer.concat([tlv(4, engine.body), tlv(4, Buffer.alloc(0)), pdu])),
    ]),
  );
};

/** Stands between agent and snmpd: lets discovery through, and puts a forged answer before, or instead of, every real one. */
const openLiar = async (t: Test, port: number, { instead }: { readonly instead: boolean }): Promise<number> => {
  const front = createSocket('udp4');
  const back = createSocket('udp4');
  front.bind(0, '127.0.0.1');
  back.bind(0, '127.0.0.1');
  await Promise.all([once(front, 'listening'), once(back, 'listening')]);
  let asker = 0;
  front.on('message', (message, from) => {
    asker = from.port;
    const isDiscovery = message.length < 80;
    if (!isDiscovery) front.send(forge(message, 0xa2), asker, '127.0.0.1');
    if (isDiscovery || !instead) back.send(message, port, '127.0.0.1');
  });
  back.on('message', (message) => front.send(message, asker, '127.0.0.1'));
  t.teardown(() => {
    front.close();
    back.close();
  });
  return front.address().port;
};

const open = (t: Test, port: number) => {
  const plan = { device: { address: '127.0.0.1', port }, access, secrets, timeoutMs: 400, retries: 0, permit: () => null };
  const session = openUserSession(plan, access);
  t.teardown(() => session.close());
  return session;
};

t.test('v3: an answer that is not signed is no answer; the real one behind it is', { skip: whyWithout(SNMPD) }, async (t) => {
  await using snmpd = await startSnmpd();
  const session = open(t, await openLiar(t, snmpd.port, { instead: false }));
  const answer = await session.get([SYS_NAME]);
  t.equal(answer.ok && String(answer.value[0]?.value), 'snmpd-under-test');
  t.ok(session.wire.unsigned > 0);
});

t.test('v3: where nothing but unsigned answers come, that is what is told', { skip: whyWithout(SNMPD) }, async (t) => {
  await using snmpd = await startSnmpd();
  const session = open(t, await openLiar(t, snmpd.port, { instead: true }));
  t.match(await session.get([SYS_NAME]), { ok: false, reason: 'auth', detail: /below the level/ });
});

t.test('v3: a device that began anew is polled on, and so is another one in its place', { skip: whyWithout(SNMPD) }, async (t) => {
  const kept = mkdtempSync(join(tmpdir(), 'sonde-engine-'));
  const options = { access, timeoutMs: 1_000, retries: 0 };
  await using first = await startSnmpd();

  using poller = openPoller({ port: first.port, options, secrets });
  t.match(await poller.sample(0), { complete: true, system: { name: 'snmpd-under-test' } });
  cpSync(first.directory, kept, { recursive: true });
  await first[Symbol.asyncDispose]();

  await using second = await startSnmpd([], { port: first.port, directory: kept });
  t.match(await poller.sample(60), { complete: true }, 'the same engine, one boot later');
  await second[Symbol.asyncDispose]();

  await using _third = await startSnmpd(['engineID another-engine'], {
    port: first.port,
    directory: mkdtempSync(join(tmpdir(), 'sonde-engine-')),
  });
  t.match(await poller.sample(120), { complete: true }, 'another engine');
});

t.test('v3: a wrong password is asked about once a poll, not twice', { skip: whyWithout(SNMPD) }, async (t) => {
  await using snmpd = await startSnmpd();
  const plan = { device: { address: '127.0.0.1', port: snmpd.port }, access, timeoutMs: 400, retries: 0, permit: () => null };
  const session = openUserSession({ ...plan, secrets: { ...secrets, authKey: 'not-the-right-one' } }, access);
  t.teardown(() => session.close());
  t.match(await session.get([SYS_NAME]), { ok: false, reason: 'auth' });
  t.equal(session.wire.requests, 2, 'discovery and the question');
});
