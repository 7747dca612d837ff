// A broker made of a few bytes, because a real one answers every ping at once and cannot be told when to send what.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { openExternalBroker } from '../../../../controller/broker/external.ts';
import { silentLog } from '../../../../protocol/log.ts';
import { systemRandom } from '../../../../protocol/random.ts';
import { systemClock } from '../../../../protocol/time.ts';

const KIND = { connect: 1, publish: 3, subscribe: 8, ping: 12 } as const;
const CONNACK = Buffer.from([0x20, 2, 0, 0]);

/** QoS 0; short enough for one byte of length. */
const publishBytes = (topic: string, payload: string): Buffer =>
  Buffer.concat([Buffer.from([0x30, 2 + topic.length + payload.length, 0, topic.length]), Buffer.from(topic + payload)]);

/** How many filters one SUBSCRIBE names. */
const filtersIn = (packet: Buffer): number => {
  let filters = 0;
  for (let at = 4; at < packet.length; at += 3 + packet.readUInt16BE(at)) filters += 1;
  return filters;
};

const openFakeBroker = async () => {
  const connections: Socket[] = [];
  const subscribes: number[] = [];
  const kinds: number[] = [];
  const server = createServer((socket) => {
    connections.push(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      for (let at = 0; at < bytes.length; ) {
        const end = at + 2 + (bytes[at + 1] ?? 0); // every packet of this test is shorter than 128 bytes
        const packet = bytes.subarray(at, end);
        const kind = (packet[0] ?? 0) >> 4;
        kinds.push(kind);
        if (kind === KIND.connect) socket.write(CONNACK);
        if (kind === KIND.subscribe) {
          const filters = filtersIn(packet);
          subscribes.push(filters);
          socket.write(Buffer.from([0x90, 2 + filters, packet[2] ?? 0, packet[3] ?? 0, ...Array.from({ length: filters }, () => 1)]));
        }
        at = end;
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    url: `mqtt://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    connections,
    subscribes,
    kinds,
    async [Symbol.asyncDispose]() {
      for (const socket of connections) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};

const open = (url: string) =>
  openExternalBroker({ url, tls: null, clock: systemClock, random: systemRandom, log: silentLog, keepaliveS: 1 });

t.test('external broker: all subscriptions go in one packet, before anything is published', async (t) => {
  await using fake = await openFakeBroker();
  await using broker = open(fake.url);
  for (const filter of ['a/+', 'b/+', 'c/+']) await broker.subscribe(filter, () => {});
  await new Promise<void>((resolve) => broker.onFresh(resolve));
  t.same(fake.subscribes, [3]);
  await broker.publish('x', Buffer.from('y'), { qos: 0 });
  while (!fake.kinds.includes(KIND.publish)) await delay(5);
  t.pass('published');
});

t.test('external broker: one that answers no ping but sends is alive, is told that we live, and one that is silent is left', async (t) => {
  await using fake = await openFakeBroker();
  await using broker = open(fake.url);
  let messages = 0;
  await broker.subscribe('a/+', () => void (messages += 1));
  await new Promise<void>((resolve) => broker.onFresh(resolve));
  for (let i = 0; i < 30; i += 1) {
    fake.connections[0]?.write(publishBytes('a/x', 'm'));
    await delay(100); // 3 s in all: twice what a broker has to answer a ping
  }
  t.equal(messages, 30);
  t.equal(fake.connections.length, 1);
  t.ok(fake.kinds.filter((kind) => kind === KIND.ping).length >= 4, 'pinged all the while');
  while (fake.connections.length === 1) await delay(20);
  t.pass('silent for longer than the keep-alive: connected again');
});

t.test('external broker: others have their turn while many messages come', async (t) => {
  await using fake = await openFakeBroker();
  await using broker = open(fake.url);
  let messages = 0;
  let atTurn = 0;
  await broker.subscribe('a/+', () => {
    if (messages === 0) setImmediate(() => (atTurn = messages));
    messages += 1;
  });
  await new Promise<void>((resolve) => broker.onFresh(resolve));
  fake.connections[0]?.write(Buffer.concat(Array.from({ length: 2_000 }, () => publishBytes('a/x', 'm'))));
  while (messages < 2_000) await delay(5);
  t.ok(atTurn > 0 && atTurn <= 100, `the first turn of others came after ${atTurn} messages`);
});
