import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect as connectTls } from 'node:tls';
import t from 'tap';
import { WebSocket } from 'ws';
import { openApiServer } from '../../../controller/api/server.ts';
import { openAuthority } from '../../../controller/pki/authority.ts';
import { issueServerCertificate } from '../../../controller/pki/issue.ts';
import { systemRandom } from '../../../protocol/random.ts';
import { systemClock } from '../../../protocol/time.ts';
import { cookieOf, makeSettings, openTestApi, PASSWORD, type TestApi } from '../../helpers/api.ts';

const open = async (api: TestApi, change: Parameters<typeof makeSettings>[0] = {}) => {
  const aborting = new AbortController();
  const server = await openApiServer({ ...api.deps, settings: makeSettings(change) }, aborting.signal);
  return { server, stop: () => aborting.abort(new Error('stop')) };
};

const viaSocket = (socketPath: string, url: string): Promise<{ readonly status: number; readonly text: string }> => {
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly status: number; readonly text: string }>();
  const asking = request({ socketPath, path: url, signal: AbortSignal.timeout(5_000) }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      text += part;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
  });
  asking.on('error', reject);
  asking.end();
  return promise;
};

t.test('api: the command line on the Unix socket is an admin, and only the owner may open it', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sonde-api-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const socketPath = path.join(directory, 'api.sock');
  const api = await openTestApi();
  const { server } = await open(api, { socketPath });

  t.equal(statSync(socketPath).mode & 0o777, 0o600);
  t.match(await viaSocket(socketPath, '/api/v1/tokens'), { status: 200, text: '{"tokens":[]}' });
  t.equal((await fetch(`${server.origin}/api/v1/tokens`)).status, 401);
  await server[Symbol.asyncDispose]();
  await t.rejects(viaSocket(socketPath, '/api/v1/tokens'));

  const again = await open(api, { socketPath });
  t.equal((await viaSocket(socketPath, '/api/v1/tokens')).status, 200, 'a second start takes the same place');
  await again.server[Symbol.asyncDispose]();
  await api.stop();
});

t.test('api: plain HTTP listens on loopback only', async (t) => {
  const api = await openTestApi();
  await t.rejects(open(api, { host: '0.0.0.0' }), /plain HTTP is for loopback only/);
  await t.rejects(open(api, { host: '192.0.2.1' }), /plain HTTP is for loopback only/);
  await api.stop();
});

t.test('api: a live connection ends with nonsense, with its session, and with the server', async (t) => {
  const api = await openTestApi();
  const { server, stop } = await open(api);
  await api.signInAs('viewer');
  const dial = async (): Promise<WebSocket> => {
    const body = JSON.stringify({ login: 'viewer', password: PASSWORD });
    const signedIn = await fetch(`${server.origin}/api/v1/session`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    const cookie = cookieOf({ status: 200, headers: { 'set-cookie': signedIn.headers.get('set-cookie') }, text: '', json: null });
    const socket = new WebSocket(`${server.origin.replace('http', 'ws')}/api/v1/live`, { headers: { cookie } });
    await once(socket, 'message');
    return socket;
  };
  const closing = async (socket: WebSocket): Promise<number> => Number((await once(socket, 'close'))[0]);

  const bad = await dial();
  const badClosed = closing(bad);
  bad.send('{"subscribe": ["everything"]}');
  t.equal(await badClosed, 1008);

  const over = await dial();
  const overClosed = closing(over);
  await api.test.state.deleteFrom('sessions').execute();
  await api.test.clock.advance(20_500);
  t.equal(await overClosed, 4401);

  const last = await dial();
  const lastClosed = closing(last);
  stop();
  t.ok(await lastClosed, 'the server ends it');
  await server[Symbol.asyncDispose]();
  await api.stop();
});

t.test('api: random bytes and broken requests end their connection, and nothing else', async (t) => {
  const api = await openTestApi();
  const { server } = await open(api);
  for (const bytes of [
    Buffer.alloc(10_000, 0x16),
    Buffer.from('GET / HTTP/9.9\r\n\r\n'),
    Buffer.from(`GET /${'a'.repeat(100_000)} HTTP/1.1\r\n`),
  ]) {
    const socket = connect(server.port, '127.0.0.1');
    socket.on('error', () => {}); // reset by the server is one of the right ends
    socket.resume();
    socket.write(bytes);
    await new Promise((resolve) => socket.on('close', resolve));
  }
  t.equal((await fetch(`${server.origin}/healthz`)).status, 200);
  await server[Symbol.asyncDispose]();
  await api.stop();
});

t.test('api: beyond loopback it speaks TLS, under a cookie that only TLS carries, and takes a renewed certificate', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'sonde-api-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const authority = await openAuthority(directory, systemClock, systemRandom);
  const issue = async () => {
    const { pem, keyPem } = await issueServerCertificate(authority, ['localhost', '127.0.0.1'], systemClock.now(), systemRandom);
    return { cert: pem, key: keyPem };
  };
  const api = await openTestApi();
  await api.signInAs('viewer');
  const { server } = await open(api, { tls: await issue() });
  const peer = async () => {
    const socket = connectTls({ port: server.port, host: '127.0.0.1', ca: authority.certificatePem });
    await once(socket, 'secureConnect');
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  };

  t.match(server.origin, /^https:/);
  const before = await peer();
  server.useIdentity(await issue());
  t.not(await peer(), before);
  const payload = JSON.stringify({ login: 'viewer', password: PASSWORD });
  const headers = { 'content-type': 'application/json' };
  const asking = requestTls({
    port: server.port,
    host: '127.0.0.1',
    ca: authority.certificatePem,
    method: 'POST',
    path: '/api/v1/session',
    headers,
  });
  asking.end(payload);
  const [response] = await once(asking, 'response');
  t.match(String(response.headers['set-cookie']), /^__Host-sonde_[0-9a-f]{8}=.*Secure; SameSite=Strict/);
  t.ok(response.headers['strict-transport-security']);
  response.resume();
  await once(response, 'end');
  await server[Symbol.asyncDispose]();
  await api.stop();
});
