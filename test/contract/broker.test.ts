import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openExternalBroker, readBrokerTls } from '../../controller/broker/external.ts';
import { writeMosquittoFiles } from '../../controller/start/mosquitto-files.ts';
import { openAuthority } from '../../controller/pki/authority.ts';
import { issueAgentCertificate, readRequest } from '../../controller/pki/issue.ts';
import { CONTROLLER_SERVER_NAME } from '../../protocol/enrolment.ts';
import { silentLog } from '../../protocol/log.ts';
import { systemRandom } from '../../protocol/random.ts';
import { systemClock } from '../../protocol/time.ts';
import { type Credentials, makeKeyAndRequest, openFleetDoor, transportOf } from '../helpers/fleet-door.ts';
import { describeBroker, type OpenedBroker } from './broker.ts';

const MOSQUITTO = '/usr/sbin/mosquitto';

const openEmbedded = async (webSocket: boolean): Promise<OpenedBroker> => {
  const door = await openFleetDoor();
  const credentials: Record<string, Credentials> = { ams1: await door.enrolled('ams1'), fra1: await door.enrolled('fra1') };
  return {
    broker: door.broker,
    transport: (agentId) =>
      transportOf(agentId, { port: door.port, authority: door.authority, webSocket }, credentialsOf(credentials, agentId)),
    [Symbol.asyncDispose]: () => door[Symbol.asyncDispose](),
  };
};

const openMosquitto = async (): Promise<OpenedBroker> => {
  const data = mkdtempSync(join(tmpdir(), 'sonde-mosquitto-'));
  const port = await freePort();
  const directory = await writeMosquittoFiles(data, { port, names: [], revoked: [] }, systemClock, systemRandom);
  // Started as root, Mosquitto would become another user, who may not read the keys.
  appendFileSync(join(directory, 'mosquitto.conf'), `user ${userInfo().username}\n`);
  const daemon = spawn(MOSQUITTO, ['-c', join(directory, 'mosquitto.conf')], { stdio: 'ignore' });
  const authority = await openAuthority(join(data, 'keys'), systemClock, systemRandom);
  const credentials: Record<string, Credentials> = {};
  for (const agentId of ['ams1', 'fra1']) {
    const { key, csr } = await makeKeyAndRequest();
    const request = await readRequest(csr);
    if (!request.ok) throw new Error(request.reason);
    const issued = await issueAgentCertificate(authority, request.value, agentId, systemClock.now(), systemRandom);
    credentials[agentId] = { key, certificate: issued.pem };
  }
  const tls = readBrokerTls(directory, CONTROLLER_SERVER_NAME);
  const broker = openExternalBroker({ url: `mqtts://127.0.0.1:${port}`, tls, clock: systemClock, random: systemRandom, log: silentLog });
  await new Promise<void>((resolve) => broker.onFresh(resolve));
  return {
    broker,
    transport: (agentId) => transportOf(agentId, { port, authority }, credentialsOf(credentials, agentId)),
    [Symbol.asyncDispose]: async () => {
      await broker[Symbol.asyncDispose]();
      daemon.kill('SIGKILL');
      if (daemon.exitCode === null && daemon.signalCode === null) await once(daemon, 'exit');
      rmSync(data, { recursive: true, force: true });
    },
  };
};

const credentialsOf = (all: Readonly<Record<string, Credentials>>, agentId: string): Credentials => {
  const found = all[agentId];
  if (found === undefined) throw new Error(`no agent ${agentId} here`);
  return found;
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
};

t.setTimeout(90_000); // three brokers, one after the other
describeBroker('embedded', () => openEmbedded(false));
describeBroker('embedded over WebSocket', () => openEmbedded(true));
if (existsSync(MOSQUITTO)) describeBroker('mosquitto', openMosquitto);
else t.test('mosquitto', { skip: `${MOSQUITTO} is missing: apt-get install --no-install-recommends mosquitto` }, async () => {});
