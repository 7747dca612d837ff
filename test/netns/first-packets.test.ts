import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { Part, until } from '../chaos/part.ts';
import { type Namespace, openVethPair, whyNoNamespace } from './namespace.ts';

// What leaves the host before somebody says so: nothing. The host is a namespace with a gateway and resolvers of its own; tcpdump is the witness.

const GATEWAY = '10.199.0.2';
const RESOLVER = '10.200.0.53';
const MAIN = resolve(import.meta.dirname, '../../controller/main.ts');

t.setTimeout(180_000);
const skip = whyNoNamespace() ?? false;

/** A host whose default route and resolver lie beyond a veth. */
const openHost = () => {
  const pair = openVethPair('first');
  const { near } = pair;
  near.ip(`route add default via ${GATEWAY}`);
  const settings = join('/etc/netns', near.name);
  const data = mkdtempSync(join(tmpdir(), 'sonde-first-'));
  mkdirSync(settings, { recursive: true });
  writeFileSync(join(settings, 'resolv.conf'), `nameserver ${RESOLVER}\n`);
  return {
    near,
    data,
    [Symbol.dispose]: () => {
      for (const path of [settings, data]) rmSync(path, { recursive: true, force: true });
      pair[Symbol.dispose]();
    },
  };
};

/** Every IP packet that goes out, neighbour discovery and the kernel's own multicast reports aside. */
const startWitness = async (near: Namespace) => {
  const what = 'ip or (ip6 and not dst net ff00::/8)';
  const part = new Part(near.spawn(['tcpdump', '-i', 'v0', '-n', '-l', '--immediate-mode', '-Q', 'out', '-Z', 'root', what]));
  await part.heard('listening on', 10_000);
  return { part, left: () => part.lines.filter((line) => / IP6? /.test(line)) };
};

const start = async (host: { readonly near: Namespace; readonly data: string }, ...words: string[]) => {
  const program = new Part(
    host.near.spawn([process.execPath, MAIN, 'start', '--data', host.data, '--http', '0', '--mqtt', '0', '--json', ...words]),
  );
  const { ready } = JSON.parse(await program.heard('{"ready"', 60_000)) as { ready: { origin: string; setupUrl: string } };
  const curl = (path: string, ...more: string[]): string =>
    execFileSync('ip', ['netns', 'exec', host.near.name, 'curl', '-sS', '--max-time', '10', ...more, `${ready.origin}${path}`], {
      encoding: 'utf8',
    });
  const stored = (): number => Number(/^sonde_rounds_stored_total (\d+)/m.exec(curl('/metrics'))?.[1] ?? 0);
  return { program, ready, curl, stored };
};

t.test('nothing leaves the host before the click; then what was ticked is measured, and nothing else', { skip }, async (t) => {
  using host = openHost();
  const { part, left } = await startWitness(host.near);
  const { program, ready, curl, stored } = await start(host);
  try {
    await until(() => stored() >= 2, 60_000);
    const token = new URL(ready.setupUrl).searchParams.get('token') ?? '';
    t.match(JSON.parse(curl(`/api/v1/setup?token=${token}`)), {
      found: [
        { address: GATEWAY, kind: 'gateway' },
        { address: RESOLVER, kind: 'resolver' },
      ],
      packetsBeyondLoopback: 0,
    });
    await delay(2_000);
    t.same(left(), [], 'loopback is measured, and nothing has left');
    const order = { token, name: 'Ada', login: 'ada', password: 'a long password', addresses: [GATEWAY] };
    curl('/api/v1/setup', '-X', 'POST', '-H', 'content-type: application/json', '-d', JSON.stringify(order));
    await until(() => left().length >= 3, 30_000);
    t.same(
      left().filter((line) => !line.includes(` > ${GATEWAY}: ICMP echo request`)),
      [],
      'only the gateway, only echo',
    );
  } finally {
    await program.end('SIGTERM');
    await part.end('SIGINT');
  }
});

t.test('--discover measures the gateway and the resolvers without a click', { skip }, async (t) => {
  using host = openHost();
  const { part, left } = await startWitness(host.near);
  const { program } = await start(host, '--discover');
  try {
    for (const address of [GATEWAY, RESOLVER])
      await until(() => left().some((line) => line.includes(` > ${address}: ICMP echo request`)), 60_000);
    t.pass('both are measured');
  } finally {
    await program.end('SIGTERM');
    await part.end('SIGINT');
  }
});
