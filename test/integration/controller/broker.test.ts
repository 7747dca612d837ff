import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { generate, type Packet } from 'mqtt-packet';
import t from 'tap';
import { openAuthority } from '../../../controller/pki/authority.ts';
import { issueAgentCertificate, readRequest } from '../../../controller/pki/issue.ts';
import { CONTROLLER_SERVER_NAME } from '../../../protocol/enrolment.ts';
import type { Session } from '../../../protocol/link.ts';
import { systemRandom } from '../../../protocol/random.ts';
import { systemClock } from '../../../protocol/time.ts';
import { type Credentials, type FleetDoor, makeKeyAndRequest, openFleetDoor, transportOf } from '../../helpers/fleet-door.ts';

const dial = async (door: FleetDoor, credentials?: Credentials): Promise<TLSSocket> => {
  const socket = connect({
    host: '127.0.0.1',
    port: door.port,
    servername: CONTROLLER_SERVER_NAME,
    ca: door.authority.certificatePem,
    ...(credentials === undefined ? {} : { key: credentials.key, cert: credentials.certificate }),
  });
  await once(socket, 'secureConnect');
  socket.on('error', () => {});
  return socket;
};
const join = (
  door: FleetDoor,
  agentId: string,
  credentials: Credentials,
  onMessage: (message: unknown) => void = () => {},
): Promise<Session> =>
  transportOf(agentId, door, credentials).connect(
    {
      will: { topic: `sonde/v1/${agentId}/status`, payload: Buffer.from('gone') },
      subscriptions: [`sonde/v1/${agentId}/rounds/ack`],
      onMessage,
    },
    new AbortController().signal,
  );
const closedWithin = (socket: TLSSocket, ms: number): Promise<boolean> =>
  Promise.race([socket.resume().closed ? true : once(socket, 'close').then(() => true), delay(ms, false)]);
const until = async (condition: () => boolean, ms = 5_000): Promise<void> => {
  for (let waited = 0; !condition(); waited += 10) {
    if (waited > ms) throw new Error(`not within ${ms} ms: ${condition.toString()}`);
    await delay(10);
  }
};
const connectPacket = (change: object = {}): Buffer =>
  generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: 'ams1', keepalive: 15, ...change } as Packet);
const rss = (): number => {
  global.gc?.();
  return process.memoryUsage.rss();
};

t.test('a client without a certificate, of another authority or under another name is refused', async (t) => {
  await using door = await openFleetDoor();
  const ams1 = await door.enrolled('ams1');
  const foreignAuthority = await openAuthority(`${door.directory}/foreign`, systemClock, systemRandom);
  const { key, csr } = await makeKeyAndRequest();
  const request = await readRequest(csr);
  if (!request.ok) throw new Error(request.reason);
  const foreign = {
    key,
    certificate: (await issueAgentCertificate(foreignAuthority, request.value, 'ams1', Date.now(), systemRandom)).pem,
  };
  const unknown = {
    key,
    certificate: (await issueAgentCertificate(door.authority, request.value, 'nobody', Date.now(), systemRandom)).pem,
  };
  const stolenName = {
    key,
    certificate: (await issueAgentCertificate(door.authority, request.value, 'ams1', Date.now(), systemRandom)).pem,
  };

  const bare = await dial(door);
  bare.write(connectPacket());
  const [connack] = await once(bare, 'data');
  t.same([...connack], [0x20, 2, 0, 5]);
  t.ok(await closedWithin(bare, 2_000));
  await t.rejects(join(door, 'ams1', foreign), /refuses the session/);
  await t.rejects(join(door, 'nobody', unknown), /refuses the session/);
  await t.rejects(join(door, 'ams1', stolenName), /refuses the session/);
  await t.rejects(join(door, 'fra1', ams1), /refuses the session/);
  await (await join(door, 'ams1', ams1)).close();

  const told = door.lines.filter(({ event }) => event === 'mqtt-refused').map(({ message }) => message);
  for (const reason of [/no client certificate/, /not of this controller's authority/, /no such agent/, /another key/, /client id "fra1"/])
    t.ok(
      told.some((line) => reason.test(line)),
      String(reason),
    );
});

t.test('a revoked agent is refused, and cut at once where it is connected', async (t) => {
  await using door = await openFleetDoor();
  const ams1 = await door.enrolled('ams1');
  const session = await join(door, 'ams1', ams1);

  await door.state.updateTable('agents').set({ state: 'revoked' }).where('id', '=', 'ams1').execute();
  const startedAt = performance.now();
  t.equal(door.broker.cut('ams1'), 1);
  await session.closed;

  t.ok(performance.now() - startedAt < 2_000);
  await t.rejects(join(door, 'ams1', ams1), /refuses the session/);
});

t.test('an agent notices at once that its connection was cut, through a WebSocket as well', async (t) => {
  await using door = await openFleetDoor();
  const ams1 = await door.enrolled('ams1');
  for (const webSocket of [false, true]) {
    const to = { port: door.port, authority: door.authority, webSocket };
    const session = await transportOf('ams1', to, ams1).connect(
      {
        will: { topic: 'sonde/v1/ams1/status', payload: Buffer.from('gone') },
        subscriptions: ['sonde/v1/ams1/config'],
        onMessage: () => {},
      },
      new AbortController().signal,
    );
    t.equal(door.broker.cut('ams1'), 1);
    t.ok(await Promise.race([session.closed.then(() => true), delay(2_000, false)]), webSocket ? 'WebSocket' : 'MQTT');
  }
});

t.test('publishing outside its own topics closes the connection, and nobody hears it', async (t) => {
  await using door = await openFleetDoor();
  const [ams1, fra1] = [await door.enrolled('ams1'), await door.enrolled('fra1')];
  const heard: string[] = [];
  await door.broker.subscribe('sonde/v1/+/rounds', ({ topic }) => heard.push(topic));
  const session = await join(door, 'ams1', ams1);

  session.publish('sonde/v1/fra1/rounds', Buffer.from('forged')).catch(() => {});

  await session.closed;
  const other = await join(door, 'fra1', fra1);
  await other.publish('sonde/v1/fra1/rounds', Buffer.from('true'));
  await until(() => heard.length > 0);
  t.same(heard, ['sonde/v1/fra1/rounds']);
  await t.rejects(
    transportOf('fra1', door, fra1).connect(
      { will: { topic: 'sonde/v1/fra1/status', payload: Buffer.from('x') }, subscriptions: ['sonde/v1/ams1/config'], onMessage: () => {} },
      new AbortController().signal,
    ),
    /refuse|Unspecified/i,
  );
});

t.test('10,000 random bytes, plain and in TLS, and HTTP nonsense do no harm', async (t) => {
  await using door = await openFleetDoor();
  const ams1 = await door.enrolled('ams1');

  for (let i = 0; i < 20; i += 1) {
    const plain = connectTcp(door.port, '127.0.0.1');
    plain.on('error', () => {});
    plain.end(randomBytes(10_000));
    const wrapped = await dial(door, i % 2 === 0 ? ams1 : undefined);
    const junk = randomBytes(10_000);
    if (i % 3 === 0) junk[0] = 0x10;
    wrapped.write(junk);
    t.ok(await closedWithin(wrapped, 7_000), `line ${i} is closed`);
    plain.destroy();
  }

  const session = await join(door, 'ams1', ams1);
  await session.publish('sonde/v1/ams1/event', Buffer.from('{}'));
  await session.close();
});

t.test('200 MB before CONNECT is cut after 8 KiB and costs no memory', async (t) => {
  await using door = await openFleetDoor();
  const ams1 = await door.enrolled('ams1');
  await (await join(door, 'ams1', ams1)).close();
  const before = rss();
  const startedAt = performance.now();

  for (const start of [Buffer.from([0x10, 0x80, 0x80, 0x80, 0x64]), connectPacket()]) {
    const socket = await dial(door, ams1);
    const chunk = Buffer.alloc(1024 * 1024, 0x30);
    socket.write(start);
    for (let sent = 0; sent < 200 && !socket.destroyed; sent += 1) {
      const flowing = socket.write(chunk);
      await (flowing ? delay(0) : Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {}));
    }
    t.ok(await closedWithin(socket, 5_000));
    socket.destroy();
  }

  t.ok(performance.now() - startedAt < 10_000);
  const grownMiB = (rss() - before) / 2 ** 20;
  t.ok(grownMiB <= 32, `RSS grew by ${grownMiB.toFixed(1)} MiB, the sender included`);
  t.ok(door.lines.some(({ event }) => event === 'mqtt-guard'));
});

t.test('who says nothing, or never ends its CONNECT, is closed', async (t) => {
  await using door = await openFleetDoor();
  const ams1 = await door.enrolled('ams1');
  const silent = await dial(door, ams1);
  const slow = await dial(door, ams1);
  slow.write(connectPacket().subarray(0, 5));

  t.same(await Promise.all([closedWithin(silent, 8_000), closedWithin(slow, 8_000)]), [true, true]);
});

t.test('a subscriber that stops reading is cut; the others hear all within a second', async (t) => {
  await using door = await openFleetDoor();
  const [ams1, fra1] = [await door.enrolled('ams1'), await door.enrolled('fra1')];
  const frozen = await dial(door, ams1);
  frozen.write(connectPacket());
  await once(frozen, 'data');
  frozen.write(generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'sonde/v1/ams1/rounds/ack', qos: 1 }] } as Packet));
  await once(frozen, 'data');
  frozen.pause();
  const waits: number[] = [];
  const other = await join(door, 'fra1', fra1, (message) => {
    const { payload } = message as { payload: Uint8Array };
    waits.push(performance.now() - Number(Buffer.from(payload).toString('utf8')));
  });
  const large = Buffer.alloc(64 * 1024);
  const before = rss();

  const sent = 400;
  for (let i = 0; i < sent; i += 1) {
    void door.broker.publish('sonde/v1/ams1/rounds/ack', large);
    void door.broker.publish('sonde/v1/fra1/rounds/ack', Buffer.from(String(performance.now())));
    await delay(2);
  }
  await until(() => waits.length === sent);

  const p99 = waits.toSorted((a, b) => a - b)[Math.floor(sent * 0.99)] ?? Infinity;
  t.ok(p99 <= 1_000, `p99 of the others: ${p99.toFixed(1)} ms`);
  t.ok(
    door.lines.some(({ event }) => event === 'mqtt-slow'),
    'the slow one is cut and logged',
  );
  t.ok((rss() - before) / 2 ** 20 < 64);
  t.comment(`p99 of the others: ${p99.toFixed(1)} ms, RSS +${((rss() - before) / 2 ** 20).toFixed(1)} MiB`);
  frozen.destroy();
  await other.close();
});
