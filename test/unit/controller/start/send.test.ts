import { once } from 'node:events';
import { createServer } from 'node:http';
import t from 'tap';
import { isPrivate, send } from '../../../../controller/start/send.ts';

t.test('send: private addresses, also mapped into IPv6', async (t) => {
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.0.9',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
  ])
    t.equal(isPrivate(address), true, address);
  for (const address of ['192.0.2.1', '8.8.8.8', '172.32.0.1', '2001:db8::1', '::ffff:192.0.2.1'])
    t.equal(isPrivate(address), false, address);
});

t.test('send: posts to a private address only when that is allowed, and follows no redirect', async (t) => {
  const got: string[] = [];
  const server = createServer((request, response) => {
    got.push(request.url ?? '');
    response.writeHead(request.url === '/away' ? 302 : 204, { location: '/elsewhere' }).end();
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const post = (host: string, path: string, allowPrivate: boolean) =>
    send({ url: `http://${host}:${port}${path}`, headers: {}, body: '{}', allowPrivate, signal: AbortSignal.timeout(5_000) });

  await t.rejects(post('127.0.0.1', '/', false), /127\.0\.0\.1 is a private address/);
  await t.rejects(post('localhost', '/', false), /a private address/);
  t.same(await post('127.0.0.1', '/hook', true), { status: 204 });
  t.same(await post('127.0.0.1', '/away', true), { status: 302 });
  t.same(got, ['/hook', '/away']);
});
