// Runs inside the namespace: what an agent does beside its ICMP process, without its pauses: inventories, ticks, looks at links.
import { askInventory } from '../../agent/probes/inventory/ask.ts';
import { readLinks } from '../../agent/probes/local/links.ts';
import { systemMachine } from '../../agent/probes/local/machine.ts';
import { Interfaces } from '../../agent/probes/net.ts';
import { slept, systemClock } from '../../protocol/time.ts';

const stop = new AbortController();
process.on('SIGTERM', () => stop.abort(new Error('stopped')));
const { signal } = stop;
const machine = systemMachine({ refusal: () => null, own: () => [], inventory: async () => null });
const interfaces = new Interfaces(machine, []);

const ticks = async (): Promise<void> => {
  let lastMs = systemClock.monotonic();
  while (await slept(systemClock, 1_000, signal)) {
    const nowMs = systemClock.monotonic();
    const { names } = interfaces.tick(nowMs, lastMs);
    lastMs = nowMs;
    await readLinks(machine, names, signal);
  }
};
const inventories = async (): Promise<void> => {
  while (!signal.aborted) {
    process.stdout.write('begun\n');
    await askInventory(systemClock, signal);
  }
};
await Promise.all([ticks(), inventories()]);
