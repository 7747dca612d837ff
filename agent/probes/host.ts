import type { HostSample, Inventory } from '../../protocol/probes/host.ts';
import { slept } from '../../protocol/time.ts';
import { LoopLag } from './local/lag.ts';
import { OwnProcesses } from './local/own.ts';
import { type CpuTimes, cpuUsage, parseLoadavg, parseMeminfo, parseStat, parseUptime } from './local/proc.ts';
import { Sockets } from './local/sockets.ts';
import { findSensors, readTemperatures } from './local/temperatures.ts';
import { failedRound, refusedRound } from './net.ts';
import type { Probe, ProbeContext } from './probe.ts';
import { slots } from './slots.ts';

const FIRST_INVENTORY_MS = 10_000;
const INVENTORY_EVERY_MS = 3_600_000;

/** Load, memory, temperature, sockets, and what the agent itself takes; once an hour what the machine is. */
export const host: Probe<'host'> = async function* (task, context) {
  const { clock, machine, signal } = context;
  const reader = new HostReader(context);
  const sockets = new Sockets(machine, () => clock.monotonic());
  const inventory = new Inventories(context);
  const lag = new LoopLag();
  const beside = Promise.all([lag.run(clock, signal), inventory.run()]);
  let lastMs = clock.monotonic();
  if (machine.refusal('host') === null) reader.baseline(lastMs);
  let round = 0;
  for await (const _ of slots(task.intervalMs, context)) {
    const nowMs = clock.monotonic();
    const refusal = machine.refusal('host');
    if (refusal === null) {
      const looks = task.options.sockets && round % task.options.socketsEvery === 0;
      round += 1;
      const figures = await reader.read(nowMs);
      const found = looks ? await sockets.look(signal) : null;
      if (signal.aborted) break;
      if (figures !== null) {
        const sample: HostSample = { ...figures, loopLag: lag.take(), spool: context.spool(), sockets: found, inventory: inventory.take() };
        yield { startedMs: lastMs, durationMs: nowMs - lastMs, outcome: { status: 'sampled', sample } };
      } else yield failedRound(nowMs, 'no-proc', '/proc is not there: this needs Linux');
    } else yield refusedRound(nowMs, refusal);
    lastMs = nowMs;
  }
  await beside;
};

type Figures = Omit<HostSample, 'loopLag' | 'spool' | 'sockets' | 'inventory'>;

class HostReader {
  readonly #context: ProbeContext;
  readonly #own: OwnProcesses;
  readonly #sensors: ReturnType<typeof findSensors>;
  #times: CpuTimes | null = null;

  constructor(context: ProbeContext) {
    this.#context = context;
    this.#own = new OwnProcesses(context.machine);
    this.#sensors = findSensors(context.machine);
  }

  /** What the first round's shares are counted from. */
  baseline(nowMs: number): void {
    this.#times = parseStat(this.#context.machine.readNow('/proc/stat') ?? '')?.times ?? null;
    this.#own.read(nowMs);
  }

  /** null where there is no /proc. */
  async read(nowMs: number): Promise<Figures | null> {
    const { machine } = this.#context;
    const stat = parseStat(machine.readNow('/proc/stat') ?? '');
    if (stat === null) return null;
    const before = this.#times;
    this.#times = stat.times;
    const { load, tasks } = parseLoadavg(machine.readNow('/proc/loadavg') ?? '');
    return {
      kind: 'host',
      cpus: stat.cpus,
      cpu: before === null ? null : cpuUsage(before, stat.times),
      memory: parseMeminfo(machine.readNow('/proc/meminfo') ?? ''),
      load,
      upS: parseUptime(machine.readNow('/proc/uptime') ?? ''),
      processes: { running: stat.running, blocked: stat.blocked, total: tasks },
      own: this.#own.read(nowMs),
      temperatures: await readTemperatures(machine, this.#sensors),
    };
  }
}

/** Asks for the inventory beside the rounds, and hands it to the next one. */
class Inventories {
  readonly #context: ProbeContext;
  #found: Inventory | null = null;

  constructor(context: ProbeContext) {
    this.#context = context;
  }

  async run(): Promise<void> {
    const { clock, machine, signal } = this.#context;
    let waitMs = FIRST_INVENTORY_MS;
    while (await slept(clock, waitMs, signal)) {
      if (machine.refusal('host') === null) this.#found = await machine.inventory(signal);
      waitMs = INVENTORY_EVERY_MS;
    }
  }

  take(): Inventory | null {
    const found = this.#found;
    this.#found = null;
    return found;
  }
}
