// Runs inside the namespace, with the agent's own flags: ticks over its interfaces as the net probe does, and tells how long each took.
import { systemMachine } from '../../agent/probes/local/machine.ts';
import { readLinks } from '../../agent/probes/local/links.ts';
import { Interfaces } from '../../agent/probes/net.ts';
import { systemClock } from '../../protocol/time.ts';

/** An agent ticks each ten seconds, cold; this is as long as there is patience for. */
const BETWEEN_MS = 100;

const { signal } = new AbortController();
const machine = systemMachine({ refusal: () => null, own: () => [], inventory: async () => null });
const interfaces = new Interfaces(machine, []);
const ticksMs: number[] = [];
const readMs: number[] = [];
const cpuMs: number[] = [];
let lastMs = systemClock.monotonic();
let names = interfaces.tick(lastMs, lastMs).names;
for (let n = 0; n < Number(process.argv[2]); n += 1) {
  await systemClock.sleep(BETWEEN_MS, signal);
  const usedBefore = process.cpuUsage();
  const nowMs = systemClock.monotonic();
  ({ names } = interfaces.tick(nowMs, lastMs));
  ticksMs.push(systemClock.monotonic() - nowMs);
  const used = process.cpuUsage(usedBefore);
  cpuMs.push((used.user + used.system) / 1_000);
  lastMs = nowMs;
  const readingMs = systemClock.monotonic();
  machine.readNow('/proc/net/dev');
  readMs.push(systemClock.monotonic() - readingMs);
}
const lookedMs = systemClock.monotonic();
const before = process.cpuUsage();
await readLinks(machine, names, signal);
const { user, system } = process.cpuUsage(before);
const linksMs = systemClock.monotonic() - lookedMs;
process.stdout.write(JSON.stringify({ interfaces: names.length, ticksMs, cpuMs, readMs, linksMs, linksCpuMs: (user + system) / 1_000 }));
