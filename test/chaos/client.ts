// A client of the broker that does what it is told: `client.ts PORT CA CERT KEY CLIENT-ID`, then on standard input JSON lines
// {"topic", "payload" (base64), "retain"}; publishes them, says "published" or why not for each, and ends with its input.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connect } from 'mqtt';
import { CONTROLLER_SERVER_NAME } from '../../protocol/enrolment.ts';

const [port = '', ca = '', cert = '', key = '', clientId = ''] = process.argv.slice(2);
const client = connect(`mqtts://127.0.0.1:${port}`, {
  ca: readFileSync(ca),
  cert: readFileSync(cert),
  key: readFileSync(key),
  servername: CONTROLLER_SERVER_NAME,
  clientId,
  reconnectPeriod: 0,
});
const say = (word: string): void => void process.stdout.write(`${word}\n`);
client.on('error', (error) => say(`error: ${error.message}`));
client.on('close', () => say('closed'));
client.on('connect', () => {
  say('connected');
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const { topic, payload, retain } = JSON.parse(line);
      client.publish(topic, Buffer.from(payload, 'base64'), { qos: 1, retain: retain === true }, (error) =>
        say(error == null ? 'published' : `not published: ${error.message}`),
      );
    })
    .on('close', () => setTimeout(() => client.end(), 1_000));
});
