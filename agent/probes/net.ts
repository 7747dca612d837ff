import { type InterfaceSample, type Link, MOST_INTERFACES, type NetSample } from '../../protocol/probes/net.ts';
import { addTo, type Counts, deltasOf, exact, noCounts } from '../stats/interface-deltas.ts';
import { readLinks } from './local/links.ts';
import type { Machine } from './local/machine.ts';
import { parseNetDev } from './local/net-dev.ts';
import type { MeasuredRound, Probe, ProbeContext } from './probe.ts';
import { slots } from './slots.ts';
import { matches } from './snmp/port-filter.ts';

const LINKS_EVERY_MS = 60_000;

/** Counters of all own interfaces each interval; what they are once a minute, and at once when one comes or goes. */
export const net: Probe<'net'> = async function* (task, context) {
  const { clock, machine } = context;
  const interfaces = new Interfaces(machine, task.options.notNames);
  const links = new Links(context);
  let lastMs = clock.monotonic();
  const refused = machine.refusal('net');
  if (refused === null) links.look(interfaces.tick(lastMs, lastMs).names); // so that the first round has rates
  for await (const _ of slots(task.intervalMs, context)) {
    const nowMs = clock.monotonic();
    const refusal = machine.refusal('net');
    if (refusal === null) {
      const ticked = interfaces.tick(nowMs, lastMs);
      const found = links.take();
      if (found !== null) interfaces.learn(found);
      if (ticked.changed || links.due()) links.look(ticked.names);
      const sample: NetSample = { ...ticked.sample, links: found, tickMs: clock.monotonic() - nowMs };
      yield { startedMs: lastMs, durationMs: nowMs - lastMs, outcome: { status: 'sampled', sample } };
    } else {
      interfaces.forget();
      yield refusedRound(nowMs, refusal);
    }
    lastMs = nowMs;
  }
  await links.idle();
};

export const refusedRound = (startedMs: number, reason: string): MeasuredRound =>
  failedRound(startedMs, reason, 'the limits file of this host does not allow it (allowedProbes)');

export const failedRound = (startedMs: number, reason: string, detail: string): MeasuredRound => ({
  startedMs,
  durationMs: 0,
  outcome: { status: 'failed', blame: 'agent', reason, detail },
});

export interface Tick {
  readonly sample: Omit<NetSample, 'links' | 'tickMs'>;
  readonly names: readonly string[];
  /** An interface came or went. */
  readonly changed: boolean;
}

/** The interfaces' counters from tick to tick. */
export class Interfaces {
  readonly #machine: Machine;
  readonly #notNames: readonly string[];
  #before: ReadonlyMap<string, Counts> = new Map();
  #speeds = new Map<string, number>();

  constructor(machine: Machine, notNames: readonly string[]) {
    this.#machine = machine;
    this.#notNames = notNames;
  }

  /** One tick at `nowMs`, after one at `lastMs`. */
  tick(nowMs: number, lastMs: number): Tick {
    const rows = parseNetDev(this.#machine.readNow('/proc/net/dev') ?? '');
    const before = this.#before;
    const isFirst = before.size === 0 || nowMs <= lastMs;
    const ms = nowMs - lastMs;
    const interfaces: InterfaceSample[] = [];
    const counters = noCounts();
    const deltas: number[] | null = isFirst ? null : noCounts();
    let leftOut = 0;
    for (const { name, counts } of rows) {
      const speedBps = this.#speeds.get(name);
      const moved = deltasOf(before.get(name), counts, ms, speedBps ?? null);
      const now = exact(counts);
      addTo(counters, now);
      if (deltas !== null && moved.deltas !== null) addTo(deltas, moved.deltas);
      if (interfaces.length >= MOST_INTERFACES || this.#notNames.some((pattern) => matches(pattern, name))) leftOut += 1;
      else {
        const carries = speedBps === undefined ? {} : { speedBps };
        interfaces.push(
          moved.deltas === null
            ? { name, counters: now, deltas: null, noDelta: moved.noDelta, ...carries }
            : { name, counters: now, deltas: moved.deltas, ...carries },
        );
      }
    }
    this.#before = new Map(rows.map(({ name, counts }) => [name, counts]));
    const changed = before.size !== this.#before.size || rows.some(({ name }) => !before.has(name));
    const names = interfaces.map(({ name }) => name);
    return {
      sample: { kind: 'net', seconds: isFirst ? null : ms / 1_000, interfaces, total: { counters, deltas }, leftOut },
      names,
      changed,
    };
  }

  /** What the links say bounds what they can count. */
  learn(links: readonly Link[]): void {
    this.#speeds = new Map(
      links.flatMap(({ name, kind, speedBps }) => (kind === 'physical' && speedBps !== null ? [[name, speedBps]] : [])),
    );
  }

  /** The next tick is a first one. */
  forget(): void {
    this.#before = new Map();
  }
}

/** Looks at the links beside the ticks: drivers may keep one waiting. */
class Links {
  readonly #context: ProbeContext;
  #looking: Promise<void> | null = null;
  #found: Link[] | null = null;
  #lookedMs = Number.NEGATIVE_INFINITY;

  constructor(context: ProbeContext) {
    this.#context = context;
  }

  due(): boolean {
    return this.#context.clock.monotonic() - this.#lookedMs >= LINKS_EVERY_MS;
  }

  look(names: readonly string[]): void {
    if (this.#looking !== null) return;
    const { clock, machine, signal } = this.#context;
    this.#lookedMs = clock.monotonic();
    this.#looking = readLinks(machine, names, signal).then(
      (links) => {
        this.#found = links;
        this.#looking = null;
      },
      () => {
        this.#looking = null;
      },
    );
  }

  /** What was found since it was taken last; null: nothing new. */
  take(): Link[] | null {
    const found = this.#found;
    this.#found = null;
    return found;
  }

  async idle(): Promise<void> {
    await this.#looking;
  }
}
