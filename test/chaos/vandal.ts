// Sends what no client should: `vandal.ts MODE PORT [CA CERT KEY CLIENT-ID]`, and says how many bytes went before the line was cut.
// noise-tcp: random bytes; noise-tls: random bytes inside TLS; flood: 200 MB inside TLS before any CONNECT; frozen: asks the time for ever and never
// reads an answer.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { generate } from 'mqtt-packet';
import { CONTROLLER_SERVER_NAME } from '../../protocol/enrolment.ts';

const [mode = '', port = '', ca = '', cert = '', key = '', clientId = ''] = process.argv.slice(2);
const credentials = cert === '' ? {} : { ca: readFileSync(ca), cert: readFileSync(cert), key: readFileSync(key) };

const dial = async (): Promise<Socket> => {
  if (mode === 'noise-tcp') {
    const socket = connectTcp(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  }
  const to = { host: '127.0.0.1', port: Number(port), servername: CONTROLLER_SERVER_NAME, rejectUnauthorized: false, ...credentials };
  const socket = connectTls(to);
  await once(socket, 'secureConnect');
  return socket;
};

const socket = await dial();
let cut = false;
socket.on('error', () => (cut = true));
socket.on('close', () => (cut = true));
let sent = 0;
const write = async (bytes: Uint8Array): Promise<void> => {
  if (cut) return;
  sent += bytes.length;
  if (!socket.write(bytes)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined);
};

if (mode === 'flood') {
  await write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f])); // a CONNECT of 256 MB
  const chunk = Buffer.alloc(1024 * 1024, 0x30);
  for (let megabyte = 0; megabyte < 200 && !cut; megabyte += 1) await write(chunk);
} else if (mode === 'frozen') {
  await write(generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId, keepalive: 60 }));
  await once(socket, 'data');
  const topic = `sonde/v1/${clientId}/clock`;
  await write(generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: `${topic}/reply`, qos: 0 }] }));
  socket.pause();
  const question = generate({
    cmd: 'publish',
    topic: `${topic}/request`,
    payload: JSON.stringify({ v: 1, t1: 1 }),
    qos: 0,
    dup: false,
    retain: false,
  });
  const many = Buffer.concat(Array.from({ length: 500 }, () => question));
  const end = performance.now() + 20_000;
  while (!cut && performance.now() < end) {
    await write(many);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
} else {
  await write(randomBytes(10_000));
  await new Promise((resolve) => setTimeout(resolve, 500));
}
process.stdout.write(`sent ${sent} bytes, ${cut ? 'cut' : 'not cut'}\n`);
process.exit(0);
