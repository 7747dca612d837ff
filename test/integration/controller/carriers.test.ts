import { once } from 'node:events';
import { createServer } from 'node:net';
import { Aedes } from 'aedes';
import t from 'tap';
import { render } from '../../../controller/alerts/notifiers/index.ts';
import type { Answer } from '../../../controller/alerts/notifiers/notifier.ts';
import { sendOnce } from '../../../controller/alerts/outbox.ts';
import { send } from '../../../controller/delivery/index.ts';
import { Notifier } from '../../../protocol/notifier.ts';
import { sampleNotification } from '../../contract/notifier.ts';
import { openSmtpServer } from '../../helpers/smtp-server.ts';

const place = { origin: 'https://sonde.example.net' };
const say = (notifier: Notifier, status: 'firing' | 'resolved', key = `key/${status}`): Promise<Answer> =>
  send({ ...render(notifier, sampleNotification(status), key, place), signal: AbortSignal.timeout(10_000) });
const mailTo = (port: number, change: object = {}): Notifier =>
  Notifier.parse({
    id: 'mail',
    kind: 'email',
    host: '127.0.0.1',
    port,
    security: 'none',
    user: 'sonde',
    password: 'right',
    from: 'Sonde <sonde@example.net>',
    to: ['noc@example.net', 'Ines <ines@example.net>'],
    allowPrivate: true,
    ...change,
  });
const headerOf = (text: string, name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'im').exec(text)?.[1];

t.test('email: a mail of text goes to everyone, and the end of an incident is in the thread of its beginning', async (t) => {
  await using server = await openSmtpServer();

  t.match(await say(mailTo(server.port), 'firing'), { status: 200, said: /4711/ });
  t.match(await say(mailTo(server.port), 'resolved'), { status: 200 });
  const [first, second] = server.mails;

  t.match(first, { from: 'sonde@example.net', to: ['noc@example.net', 'ines@example.net'], login: 'sonde:right' });
  t.equal(headerOf(first?.text ?? '', 'Subject'), '[CRITICAL] High loss: Gateway');
  t.equal(headerOf(second?.text ?? '', 'Subject'), '[RESOLVED] High loss: Gateway');
  t.match(first?.text, /ams1\/gw\/icmp at 0\.7/);
  t.match(first?.text, /https:\/\/sonde\.example\.net\/incidents\/7/);
  t.equal(headerOf(first?.text ?? '', 'Auto-Submitted'), 'auto-generated');
  t.equal(headerOf(first?.text ?? '', 'References'), headerOf(second?.text ?? '', 'References'));
  t.not(headerOf(first?.text ?? '', 'Message-ID'), headerOf(second?.text ?? '', 'Message-ID'));
});

t.test('email: the same news has the same Message-ID', async (t) => {
  await using server = await openSmtpServer();
  await say(mailTo(server.port), 'firing');
  await say(mailTo(server.port), 'firing');

  t.equal(headerOf(server.mails[0]?.text ?? '', 'Message-ID'), headerOf(server.mails[1]?.text ?? '', 'Message-ID'));
});

t.test('email: what the server refuses for now is tried later, what it refuses for good is not', async (t) => {
  await using busy = await openSmtpServer(() => '451 4.3.0 come back');
  await using strict = await openSmtpServer(() => '550 5.7.1 not here');

  t.match(await say(mailTo(busy.port), 'firing'), { status: 503, said: /come back/ });
  t.match(await say(mailTo(strict.port), 'firing'), { status: 400, said: /not here/ });
  t.match(await say(mailTo(strict.port, { password: 'wrong-password' }), 'firing'), { status: 400, said: /no such name/ });
});

t.test('email: without STARTTLS nothing is said to a server that must offer it', async (t) => {
  await using server = await openSmtpServer();

  t.match(await say(mailTo(server.port, { security: 'starttls' }), 'firing'), { status: 400, said: /STARTTLS/ });
  t.equal(server.mails.length, 0);
});

t.test('email: a private address needs to be allowed, by name too', async (t) => {
  await using server = await openSmtpServer();

  await t.rejects(say(mailTo(server.port, { allowPrivate: false }), 'firing'), /127\.0\.0\.1 is a private address/);
  await t.rejects(say(mailTo(server.port, { allowPrivate: false, host: 'localhost' }), 'firing'), /a private address/);
});

t.test('email: a secret is not in what is told of a failure', async (t) => {
  await using server = await openSmtpServer(() => '550 wrong-password is not welcome');
  const notifier = mailTo(server.port, { password: 'wrong-password' });
  const result = await sendOnce({ send }, notifier, sampleNotification('firing'), 'key', AbortSignal.timeout(10_000));

  t.equal(result.kind, 'refused');
  t.notMatch(result.reason, 'wrong-password');
});

t.test('mqtt: one message, acknowledged by the broker; a private address needs to be allowed', async (t) => {
  const broker = await Aedes.createBroker({
    authenticate: (_client, user, password, done) => done(null, user === 'sonde' && String(password) === 'right'),
  });
  const server = createServer(broker.handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    broker.close();
    server.close();
  });
  const got: { topic: string; payload: string; retain: boolean; qos: number }[] = [];
  broker.on('publish', (packet, client) => {
    if (client !== null) got.push({ topic: packet.topic, payload: String(packet.payload), retain: packet.retain, qos: packet.qos });
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const notifier = (change: object = {}): Notifier =>
    Notifier.parse({
      id: 'm',
      kind: 'mqtt',
      url: `mqtt://127.0.0.1:${port}`,
      user: 'sonde',
      password: 'right',
      topic: 'noc/alerts',
      retain: true,
      allowPrivate: true,
      ...change,
    });

  t.match(await say(notifier(), 'firing'), { status: 200 });
  t.match(got, [{ topic: 'noc/alerts', retain: true, qos: 1 }]);
  t.match(JSON.parse(got[0]?.payload ?? '{}'), {
    title: '[CRITICAL] High loss: Gateway',
    status: 'firing',
    incident: 7,
    link: 'https://sonde.example.net/incidents/7',
    idempotencyKey: 'key/firing',
  });
  t.match(await say(notifier({ password: 'wrong' }), 'firing'), { status: 401, said: /refused/ });
  await t.rejects(say(notifier({ allowPrivate: false }), 'firing'), /private address/);
  await t.rejects(say(notifier({ url: 'mqtt://127.0.0.1:1' }), 'firing'), /ECONNREFUSED/);
});
