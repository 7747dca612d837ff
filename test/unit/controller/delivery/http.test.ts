import { once } from 'node:events';
import { createServer } from 'node:http';
import t from 'tap';
import { post } from '../../../../controller/delivery/http.ts';

t.test('http: posts to a private address only when that is allowed, and follows no redirect', async (t) => {
  const got: string[] = [];
  const server = createServer((request, response) => {
    got.push(request.url ?? '');
    response.writeHead(request.url === '/away' ? 302 : 204, { location: '/elsewhere' }).end();
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const say = (host: string, path: string, allowPrivate: boolean) =>
    post({ url: `http://${host}:${port}${path}`, headers: {}, body: '{}', allowPrivate, signal: AbortSignal.timeout(5_000) });

  await t.rejects(say('127.0.0.1', '/', false), /127\.0\.0\.1 is a private address/);
  await t.rejects(say('localhost', '/', false), /a private address/);
  t.same(await say('127.0.0.1', '/hook', true), { status: 204 });
  t.same(await say('127.0.0.1', '/away', true), { status: 302 });
  t.same(got, ['/hook', '/away']);
});
