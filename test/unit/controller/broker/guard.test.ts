import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import t from 'tap';
import { makeGuard } from '../../../../controller/broker/guard.ts';

const LIMITS = { beforeConnectBytes: 8 * 1024, publishBytes: 64 * 1024 };
const connect = (change: object = {}): Buffer =>
  generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'ams1', keepalive: 15, ...change } as Packet);
const publish = (topic: string, bytes = 10, change: object = {}): Buffer =>
  generate({ cmd: 'publish', topic, payload: Buffer.alloc(bytes), qos: 1, dup: false, retain: false, messageId: 7, ...change } as Packet);
const subscribe = (topic: string): Buffer => generate({ cmd: 'subscribe', messageId: 3, subscriptions: [{ topic, qos: 1 }] } as Packet);

const connected = () => {
  const guard = makeGuard(LIMITS);
  const first = guard.feed(connect());
  if (first !== null) throw new Error(first.reason);
  guard.accepted();
  return guard;
};
const reasonOf = (guard: ReturnType<typeof makeGuard>, bytes: Uint8Array): string | undefined => guard.feed(bytes)?.reason;
/** A topic with these very bytes in it. */
const withTopicBytes = (packet: Buffer, from: string, to: Buffer): Buffer => {
  const at = packet.indexOf(from);
  return Buffer.concat([packet.subarray(0, at), to, packet.subarray(at + Buffer.byteLength(from))]);
};

t.test('guard: a whole conversation passes, however it is cut into pieces', async (t) => {
  const talk = [
    connect({ will: { topic: 'sonde/v1/ams1/status', payload: Buffer.from('{}'), qos: 1, retain: true } }),
    subscribe('sonde/v1/ams1/config'),
    publish('sonde/v1/ams1/rounds', 50_000),
    generate({ cmd: 'puback', messageId: 9 } as Packet),
    generate({ cmd: 'pingreq' }),
    publish('sonde/v1/ams1/clock/request', 40, { qos: 0, messageId: undefined }),
    generate({ cmd: 'unsubscribe', messageId: 4, unsubscriptions: ['sonde/v1/ams1/config'] } as Packet),
    generate({ cmd: 'disconnect' }),
  ];
  const bytes = Buffer.concat(talk);
  const first = talk[0]?.length ?? 0;

  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 40 }), (sizes) => {
      const guard = makeGuard(LIMITS);
      let at = 0;
      for (let i = 0; at < bytes.length; i += 1) {
        const end = Math.min(at < first ? first : bytes.length, at + (sizes[i % sizes.length] ?? 1));
        const violation = guard.feed(bytes.subarray(at, end));
        if (violation !== null) return false;
        at = end;
        if (at === first) guard.accepted();
      }
      return true;
    }),
  );
  t.pass();
});

t.test('guard: what comes before CONNECT, and what is too much of it', async (t) => {
  t.equal(reasonOf(makeGuard(LIMITS), publish('a')), 'packet type 3 before CONNECT');
  t.equal(reasonOf(makeGuard(LIMITS), Buffer.from('GET / HTTP/1.1\r\n')), 'packet type 4 before CONNECT');
  t.equal(
    reasonOf(makeGuard(LIMITS), Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f])),
    'a packet of 268435455 bytes, more than the 8192 allowed',
  );
  t.equal(reasonOf(makeGuard(LIMITS), Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff])), 'a packet length of more than four bytes');
  const waiting = makeGuard(LIMITS);
  t.equal(waiting.feed(connect()), null);
  t.equal(reasonOf(waiting, publish('sonde/v1/ams1/rounds', 9_000)), 'more than 8192 bytes before CONNECT was accepted');
});

t.test('guard: another protocol level is answered by a CONNACK of 1', async (t) => {
  const v5 = makeGuard(LIMITS).feed(connect({ protocolVersion: 5 }));
  const v3 = makeGuard(LIMITS).feed(connect({ protocolId: 'MQIsdp', protocolVersion: 3 }));

  for (const violation of [v5, v3]) {
    t.match(violation?.reason, /MQTT 3\.1\.1 is spoken here/);
    t.same(violation?.reply, new Uint8Array([0x20, 2, 0, 1]));
  }
});

t.test('guard: after the CONNECT', async (t) => {
  t.equal(reasonOf(connected(), connect()), 'a second CONNECT');
  t.equal(reasonOf(connected(), publish('sonde/v1/ams1/rounds', 70_000)), 'a packet of 70024 bytes, more than the 65536 allowed');
  t.equal(reasonOf(connected(), publish('a', 10, { qos: 2 })), 'a PUBLISH with QoS 2 or 3');
  t.equal(reasonOf(connected(), publish('x'.repeat(257))), 'a topic of 257 bytes');
  t.equal(reasonOf(connected(), Buffer.from([0x30, 1, 0])), 'a PUBLISH shorter than its topic');
  t.equal(reasonOf(connected(), Buffer.from([0x30, 3, 0, 9, 65])), 'a PUBLISH shorter than its topic');
  t.equal(reasonOf(connected(), Buffer.from([0x82, 3, 0, 1, 0])), 'a subscription shorter than its filter');
  t.equal(reasonOf(connected(), Buffer.from([0x80, 0])), 'packet type 8 with flags 0, which no client of ours sends');
  t.equal(reasonOf(connected(), Buffer.from([0x20, 2, 0, 0])), 'packet type 2 with flags 0, which no client of ours sends');
});

t.test('guard: NUL and bad UTF-8 in topics, filters, client id and will', async (t) => {
  const nul = Buffer.from([0x61, 0, 0x62]);
  const bad = Buffer.from([0x61, 0xff, 0x62]);

  t.equal(reasonOf(connected(), withTopicBytes(publish('axb'), 'axb', nul)), 'a topic with a NUL');
  t.equal(reasonOf(connected(), withTopicBytes(publish('axb'), 'axb', bad)), 'a topic that is not UTF-8');
  t.equal(reasonOf(connected(), withTopicBytes(subscribe('axb'), 'axb', bad)), 'a filter that is not UTF-8');
  t.equal(reasonOf(makeGuard(LIMITS), withTopicBytes(connect({ clientId: 'axb' }), 'axb', nul)), 'a client id with a NUL');
  const will = { topic: 'axb', payload: Buffer.from('x'), qos: 1, retain: true };
  t.equal(reasonOf(makeGuard(LIMITS), withTopicBytes(connect({ will }), 'axb', bad)), 'a will topic that is not UTF-8');
});

t.test('guard: 10,000 times random bytes never throw, and never keep more than a small packet', async (t) => {
  for (let i = 0; i < 10_000; i += 1) {
    const guard = i % 2 === 0 ? makeGuard(LIMITS) : connected();
    for (let chunk = 0; chunk < 4; chunk += 1) if (guard.feed(randomBytes(1 + (i % 97))) !== null) break;
  }
  t.pass();
});

t.test('guard: the broker sees nothing of what follows a DISCONNECT, and that is no offence', async (t) => {
  const guard = connected();
  const goodbye = generate({ cmd: 'disconnect' });

  t.equal(guard.feed(Buffer.concat([goodbye, publish('a')])), null);
  t.equal(guard.passes(), goodbye.length);
  t.equal(guard.feed(publish('b')), null);
  t.equal(guard.passes(), 0);
});
