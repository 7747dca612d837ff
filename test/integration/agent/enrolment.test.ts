import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:tls';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { DataDirectory } from '../../../agent/enrolment/files.ts';
import { keepRenewed, renew } from '../../../agent/enrolment/renewal.ts';
import { validityOf } from '../../../agent/enrolment/credentials.ts';
import { enrol } from '../../../agent/enrolment/register.ts';
import { dial, DialError } from '../../../agent/link/dial.ts';
import { parseEndpoint } from '../../../agent/link/endpoint.ts';
import type { Step } from '../../../protocol/steps.ts';
import { issueServerCertificate, issueAgentCertificate, readRequest } from '../../../controller/pki/issue.ts';
import { openAuthority } from '../../../controller/pki/authority.ts';
import { silentLog } from '../../../protocol/log.ts';
import { systemRandom } from '../../../protocol/random.ts';
import { systemClock } from '../../../protocol/time.ts';
import { makeKeyAndRequest, openFleetDoor } from '../../helpers/fleet-door.ts';

t.setTimeout(180_000); // programs are started, on machines that may be busy

const MAIN = resolve(import.meta.dirname, '../../../agent/main.ts');
const { signal } = new AbortController();
const scratch = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'sonde-enrol-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
};
const at = (port: number) => {
  const endpoint = parseEndpoint(`127.0.0.1:${port}`);
  if (!endpoint.ok) throw new Error(endpoint.reason);
  return endpoint.value;
};
const enrolAt = async (port: number, token: string, path = scratch()) => {
  const steps: Step[] = [];
  const data = new DataDirectory(path);
  const options = {
    controller: at(port),
    token,
    name: 'ams1',
    hostname: 'ams1',
    labels: { site: 'ams' },
    data,
    nowMs: () => systemClock.now(),
  };
  const identity = await enrol({ ...options, tell: (step) => void steps.push(step) }, signal);
  return { identity, steps, data };
};

t.test('a token enrols one host: keys stay, are readable by their owner only, and the identity names the root key', async (t) => {
  await using door = await openFleetDoor();
  const { text } = await door.token({ labels: { tier: 'edge' } });

  const { identity, steps, data } = await enrolAt(door.port, text);

  t.same(identity, {
    agent: 'ams1',
    rootKey: 'cm9vdA==',
    controller: `mqtts://127.0.0.1:${door.port}`,
    broker: '',
    labels: { site: 'ams', tier: 'edge' },
  });
  t.ok(steps.every(({ ok }) => ok));
  for (const name of ['agent.key', 'sealing.key']) t.equal(statSync(data.file(name)).mode & 0o777, 0o600, name);
  t.same(data.identity(), identity);
});

t.test('registering again with the same token and key gives the same certificate: a lost answer costs nothing', async (t) => {
  await using door = await openFleetDoor();
  const { text } = await door.token();
  const first = await enrolAt(door.port, text);
  const before = first.data.certificate();
  rmSync(first.data.file('identity.json'));

  const again = await enrolAt(door.port, text, first.data.path);

  t.equal(again.identity?.agent, 'ams1');
  t.equal(again.data.certificate(), before);
});

t.test('a used, unknown or revoked token is refused with the fix', async (t) => {
  await using door = await openFleetDoor();
  const { text } = await door.token();
  await enrolAt(door.port, text);

  const used = await enrolAt(door.port, text);

  t.equal(used.identity, null);
  t.match(used.steps.at(-1), { step: 'enrol', ok: false, detail: /used 1 of 1/, fix: /token create/, exit: 78 });
});

t.test('a controller with another authority never hears the secret', async (t) => {
  await using mine = await openFleetDoor();
  await using foreign = await openFleetDoor();
  const { text } = await mine.token();

  const { identity, steps } = await enrolAt(foreign.port, text);

  t.equal(identity, null);
  t.match(steps.at(-1), { step: 'trust', ok: false, detail: /not the pinned one/, exit: 78 });
  t.equal(foreign.lines.filter(({ event }) => event.startsWith('enrol')).length, 0, 'no request reached it');
});

t.test('where nothing listens the step says so', async (t) => {
  const door = await openFleetDoor();
  const { text } = await door.token();
  const { port } = door;
  await door[Symbol.asyncDispose]();

  const { steps } = await enrolAt(port, text);

  t.match(steps, [{ step: 'reach', ok: false, detail: /connection refused/, exit: 69 }]);
});

t.test('a certificate of the right authority under another name, or for clients, is not the controller', async (t) => {
  const directory = scratch();
  const authority = await openAuthority(join(directory, 'keys'), systemClock, systemRandom);
  const wrongName = await issueServerCertificate(authority, ['web.example.net'], systemClock.now(), systemRandom);
  const { key, csr } = await makeKeyAndRequest();
  const request = await readRequest(csr);
  if (!request.ok) throw new Error(request.reason);
  const client = await issueAgentCertificate(authority, request.value, 'fra1', systemClock.now(), systemRandom);
  const expired = await issueServerCertificate(
    authority,
    ['controller.sonde.internal'],
    systemClock.now() - 500 * 86_400_000,
    systemRandom,
  );
  const refusals = [
    [wrongName.pem, wrongName.keyPem, /not for controller\.sonde\.internal/],
    [client.pem, key, /not for TLS servers/],
    [expired.pem, expired.keyPem, /expired/],
  ] as const;
  for (const [cert, serverKey, reason] of refusals) {
    const server = createServer({ cert, key: serverKey }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const anchor = { authority: authority.certificatePem };
    await t.rejects(dial(at(port), { anchor, nowMs: () => systemClock.now() }, signal), { message: reason });
    if (cert === expired.pem) {
      const { socket } = await dial(at(port), { anchor, nowMs: () => null }, signal);
      t.ok(socket.encrypted, 'without a synchronised clock the dates say nothing');
      socket.destroy();
    }
    server.close();
  }
});

t.test('what answers without TLS is told apart', async (t) => {
  const { createServer: plain } = await import('node:net');
  const server = plain((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await t.rejects(
    dial(at(typeof address === 'object' && address !== null ? address.port : 0), { anchor: { pin: 'x' }, nowMs: () => null }, signal),
    DialError,
  );
  server.close();
});

t.test('a certificate is renewed for the same key, also when it has expired', async (t) => {
  await using door = await openFleetDoor();
  const { text } = await door.token();
  const { data, identity } = await enrolAt(door.port, text);
  const before = validityOf(data.certificate() ?? '');
  const deps = {
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    data,
    agentId: identity?.agent ?? '',
    controller: at(door.port),
    nowMs: () => null,
  };
  door.shiftClock(30 * 86_400_000);

  await renew(deps, signal);

  t.ok(validityOf(data.certificate() ?? '').toMs > before.toMs + 20 * 86_400_000);
});

t.test('an agent that is shut out renews by itself, though its clock does not know that the certificate has expired', async (t) => {
  await using door = await openFleetDoor();
  const { text } = await door.token();
  const { data, identity } = await enrolAt(door.port, text);
  const before = data.certificate();
  door.shiftClock(30 * 86_400_000);
  const stop = new AbortController();
  const deps = {
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    data,
    agentId: identity?.agent ?? '',
    controller: at(door.port),
  };

  const kept = keepRenewed({ ...deps, nowMs: () => null, shutOut: () => true }, stop.signal);

  for (let tries = 0; tries < 300 && data.certificate() === before; tries += 1) await delay(50);
  t.not(data.certificate(), before);
  stop.abort();
  await kept;
});

t.test('agent register and doctor: exit codes, JSON, and that a second run changes nothing', { timeout: 120_000 }, async (t) => {
  await using door = await openFleetDoor();
  const { text } = await door.token();
  const data = join(scratch(), 'agent');

  const usage = await agent(['register', 'nonsense://x', '--token', text, '--data', data, '--json']);
  t.equal(usage.code, 64);
  t.equal((await agent(['register', `127.0.0.1:${door.port}`, '--token', 'sonde_1', '--data', data])).code, 64);
  t.equal((await agent(['run', '--data', data])).code, 78);
  t.equal((await agent(['frobnicate'])).code, 64);

  const first = await agent(['register', `127.0.0.1:${door.port}`, '--token-file', '-', '--name', 'ams1', '--data', data, '--json'], text);
  const said = JSON.parse(first.stdout);
  t.equal(said.agent, 'ams1');
  t.match(
    said.steps.find((step: Step) => step.step === 'broker'),
    { ok: true },
  );
  const key = readFileSync(join(data, 'agent.key'), 'utf8');

  const again = await agent(['register', `127.0.0.1:${door.port}`, '--token', text, '--data', data]);
  t.match(again.stdout, /already enrolled as "ams1"/);
  t.equal(readFileSync(join(data, 'agent.key'), 'utf8'), key);

  const checked = JSON.parse((await agent(['doctor', '--data', data, '--json'])).stdout);
  t.match(
    checked.steps.find((step: Step) => step.step === 'guard rails'),
    { ok: true },
  );
  t.match(
    checked.steps.find((step: Step) => step.step === 'certificate'),
    { ok: true },
  );
  t.equal((await agent(['status', '--data', data])).code, 69);
});

const agent = async (args: readonly string[], input = ''): Promise<{ readonly code: number | null; readonly stdout: string }> => {
  const child: ChildProcess = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'ignore'], timeout: 40_000 });
  child.stdin?.end(input);
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  await once(child, 'close');
  return { code: child.exitCode, stdout };
};
