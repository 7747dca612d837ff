// Runs inside the namespace: ticks over its interfaces while they send, come and go; tells the samples, and what /proc/net/dev said at each.
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { readLinks } from '../../agent/probes/local/links.ts';
import { systemMachine } from '../../agent/probes/local/machine.ts';
import { Interfaces } from '../../agent/probes/net.ts';
import type { NetSample } from '../../protocol/probes/net.ts';
import { systemClock } from '../../protocol/time.ts';

const { signal } = new AbortController();
const [, , namespace = ''] = process.argv;
const machine = systemMachine({ refusal: () => null, own: () => [], inventory: async () => null });
const ip = (line: string): void => void spawnSync('ip', ['-n', namespace, ...line.split(' ')], { encoding: 'utf8' });

/** The kernel's own words, summed by a second reader: columns 1-4 and 9-12 of each row. */
const truth = (): number[] => {
  const sums = Array.from({ length: 8 }, () => 0);
  for (const line of readFileSync('/proc/net/dev', 'utf8').trimEnd().split('\n').slice(2)) {
    const words = line
      .slice(line.indexOf(': ') + 1)
      .trim()
      .split(/ +/);
    for (const [index, column] of [0, 1, 2, 3, 8, 9, 10, 11].entries()) sums[index] = (sums[index] ?? 0) + Number(words[column]);
  }
  return sums;
};

const interfaces = new Interfaces(machine, []);
const samples: NetSample[] = [];
const truths: number[][] = [];
let lastMs = systemClock.monotonic();

/** A look at a moment when nothing moves: the kernel says the same before and after. */
const look = async (withLinks: boolean): Promise<void> => {
  for (;;) {
    const before = truth();
    const nowMs = systemClock.monotonic();
    const { sample, names } = interfaces.tick(nowMs, lastMs);
    lastMs = nowMs;
    const quiet = truth().every((sum, index) => sum === before[index]);
    const links = withLinks ? await readLinks(machine, names, signal) : null;
    samples.push({ ...sample, links, tickMs: systemClock.monotonic() - nowMs });
    truths.push(quiet ? before : sample.total.counters);
    if (quiet) return;
    await systemClock.sleep(200, signal);
  }
};

const socket = createSocket('udp4');
/** Broadcasts out of a1; b1 on the other side counts them in. */
const sendSome = async (packets: number): Promise<void> => {
  for (let n = 0; n < packets; n += 1) await new Promise<void>((done) => socket.send(Buffer.alloc(1_000), 9, '10.199.3.255', () => done()));
};

await new Promise<void>((done) => socket.bind(0, '10.199.1.1', () => done()));
socket.setBroadcast(true);
await systemClock.sleep(2_000, signal); // the kernel says hello on each new interface
await look(true);
await sendSome(100);
await look(false);
ip('link add hot0 type veth peer name hot1');
ip('link add br0 type bridge');
await look(false);
await sendSome(50);
ip('link del a2');
await look(true);
await look(false);
socket.close();
process.stdout.write(JSON.stringify({ samples, truth: truths }));
