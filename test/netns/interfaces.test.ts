import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import * as z from 'zod';
import { NetSample } from '../../protocol/probes/net.ts';
import { openNamespace, whyNoNamespace } from './namespace.ts';
import { openVeths } from './veths.ts';

// The net probe on real interfaces: 300 of them, odd names, traffic, hot plug and removal; the kernel's own counters are the truth.

t.setTimeout(120_000);
const skip = whyNoNamespace() ?? false;

const Told = z.object({ samples: z.array(NetSample), truth: z.array(z.array(z.number())) });

t.test('300 real interfaces: the totals are those of /proc/net/dev, whatever comes, goes and sends', { skip }, async (t) => {
  using namespace = openNamespace('host-interfaces');
  openVeths(namespace, 150);
  namespace.ip(`link set a149 name we"i'rd$ä`);
  namespace.ip('addr add 10.199.1.1/22 dev a1');

  const watcher = namespace.spawn([process.execPath, join(import.meta.dirname, 'watch-interfaces.ts'), namespace.name]);
  const heard: string[] = [];
  const words: string[] = [];
  watcher.stdout?.on('data', (chunk) => heard.push(String(chunk)));
  watcher.stderr?.on('data', (chunk) => words.push(String(chunk)));
  const [code] = await once(watcher, 'close');
  t.equal(code, 0, words.join(''));
  const { samples, truth } = Told.parse(JSON.parse(heard.join('')));

  const [first, last] = [samples[0], samples.at(-1)];
  t.equal(first?.interfaces.length, 301, 'lo and 300 more');
  const names = first?.interfaces.map(({ name }) => name) ?? [];
  t.ok(names.includes(`we"i'rd$ä`));

  // Between the first and the last look nothing is lost and nothing made up: what the interfaces that stayed have counted is the sum of the deltas.
  const stayed = (last?.interfaces ?? []).filter(({ name }) => names.includes(name));
  const counted = (name: string): number =>
    samples.slice(1).reduce((sum, { interfaces }) => sum + (interfaces.find((one) => one.name === name)?.deltas?.[0] ?? 0), 0);
  for (const { name, counters } of stayed) {
    const before = first?.interfaces.find((one) => one.name === name)?.counters[0] ?? 0;
    t.equal(counted(name), (counters[0] ?? 0) - before, name);
  }
  t.ok(counted('b1') > 50_000, 'there was traffic');
  for (const [index, sample] of samples.entries()) {
    t.same(sample.total.counters, truth[index], `look ${index}: the total is the kernel's`);
    for (const { deltas } of sample.interfaces) t.ok(deltas === null || deltas.every((delta) => delta >= 0 && delta < 1e9));
  }

  const plugged = samples.find(({ interfaces }) => interfaces.some(({ name }) => name === 'hot0'));
  t.equal(plugged?.interfaces.find(({ name }) => name === 'hot0')?.noDelta, 'first');
  t.notOk(
    last?.interfaces.some(({ name }) => name === 'a2'),
    'what was removed is gone',
  );

  const links = samples.findLast((sample) => sample.links !== null)?.links ?? [];
  t.match(
    links.find(({ name }) => name === 'a1'),
    { kind: 'veth', adminUp: true, mtu: 1_500, addresses: [{ address: '10.199.1.1', mask: '255.255.252.0', broadcast: '10.199.3.255' }] },
  );
  t.match(
    links.find(({ name }) => name === 'lo'),
    { kind: 'loopback', operState: 'unknown' },
  );
  t.match(
    links.find(({ name }) => name === 'br0'),
    { kind: 'bridge', adminUp: false },
  );
});
