import { noMachine } from '../helpers/machine.ts';
import { type AgentDeps, runAgent } from '../../agent/agent.ts';
import type { OnlineStatus } from '../../protocol/status.ts';
import type { BrokerModel } from './broker.ts';
import { Disk } from './disk.ts';
import { engineModel } from './engine.ts';
import type { Host } from './host.ts';
import type { Journal } from './journal.ts';
import type { Ledger } from './ledger.ts';
import { Life } from './life.ts';
import type { Line } from './line.ts';
import { journalLog } from './log.ts';
import type { Seeded } from './random.ts';
import type { Reality } from './reality.ts';
import type { Timeline } from './timeline.ts';

export interface AgentWorld {
  readonly timeline: Timeline;
  readonly journal: Journal;
  readonly ledger: Ledger;
  readonly reality: Reality;
  readonly broker: BrokerModel;
  readonly rootKey: string;
  readonly spoolCapBytes: number;
  readonly wrap: (deps: AgentDeps) => AgentDeps;
}

/** Longer than on real hosts where that only saves wakes. */
const TIMING = { suspendCheckMs: 30_000, statusMs: 300_000, clockExchangeMs: 90_000 };
/** The agent tries its disk again within this. */
const RETRY_MS = 30_000;

/** One edge host: its disk stays, its agent comes and goes. */
export class AgentNode {
  readonly id: string;
  readonly host: Host;
  readonly line: Line;
  readonly disk = new Disk();
  readonly #world: AgentWorld;
  readonly #random: Seeded;
  /** Mostly not: zstd takes as long as all else that a message goes through, and the bytes of a message change no promise. */
  readonly #compresses: boolean;
  #life: Life | null = null;
  #restartMs = 1_000;
  #powered = true;
  /** Since when the disk takes nothing; what is handed over meanwhile waits in memory. */
  #fullSince: number | null = null;
  #droppedBefore = 0;
  #dropped = 0;
  /** Called at each death, however it came. */
  onDeath: () => void = () => {};

  constructor(id: string, world: AgentWorld, host: Host, line: Line, random: Seeded) {
    this.id = id;
    this.host = host;
    this.line = line;
    this.#world = world;
    this.#random = random;
    this.#compresses = random.fork('compresses').chance(0.1);
  }

  get powered(): boolean {
    return this.#powered;
  }

  /** Rounds that the agent says it had to drop. */
  get dropped(): number {
    return this.#droppedBefore + this.#dropped;
  }

  start(): void {
    if (this.#life !== null || !this.#powered) return;
    const life = new Life(this.#world.timeline, this.host, () => this.#died(life));
    this.#life = life;
    this.#world.journal.event(`${this.id} starts`);
    this.#run(life).catch((error: unknown) => this.#ended(life, error));
  }

  /** kill -9 after so many steps of its own, back after `restartMs`. */
  kill(steps: number, restartMs: number): void {
    this.#restartMs = restartMs;
    this.#life?.killAfter(steps);
  }

  /** Now, whatever it does; not started again by itself. */
  killNow(): void {
    this.#restartMs = Number.POSITIVE_INFINITY;
    this.#life?.kill();
  }

  /** The host is gone, so that no line is closed; after that long it boots. */
  powerCut(awayMs: number): void {
    if (!this.#powered) return;
    this.#powered = false;
    this.killNow();
    this.#world.timeline.after(awayMs, () => {
      this.#powered = true;
      this.host.reboot();
      this.start();
    });
  }

  /** SIGTERM; back after `restartMs`. */
  stop(restartMs: number): void {
    this.#restartMs = restartMs;
    this.#life?.stopping.abort(new Error('SIGTERM'));
  }

  setFull(full: boolean): void {
    const { timeline } = this.#world;
    this.disk.full = full;
    if (full) this.#fullSince ??= timeline.now();
    else timeline.after(RETRY_MS, () => this.disk.full || (this.#fullSince = null));
  }

  deleteSpool(): void {
    this.#world.ledger.spoolDeleted(this.id);
    this.#droppedBefore += this.#dropped;
    this.#dropped = 0;
    this.disk.delete();
  }

  async #run(life: Life): Promise<void> {
    const { journal, ledger, reality, broker, rootKey, spoolCapBytes } = this.#world;
    const { host } = this;
    const deps: AgentDeps = {
      clock: life.clock,
      random: this.#random.fork(`life ${this.#world.timeline.now()}`),
      log: journalLog(journal, life, this.id),
      host: { bootId: host.bootId, suspendedMs: () => host.suspendedMs() },
      transport: broker.transport({ id: this.id, life, host, line: this.line }),
      ...(this.#compresses ? {} : { toBytes: Buffer.from }),
      db: this.disk.mount(life),
      icmp: engineModel(life, host, reality, ledger, this.#random.fork(`engine ${this.#world.timeline.now()}`), this.id),
      snmp: { async *rounds() {}, ask: async () => null },
      machine: noMachine,
      unseal: () => ({ ok: false, reason: 'nothing is sealed here' }),
      resolve: async (address) => ({ ok: true, address }),
      identity: { agentId: this.id, rootKey },
      about: { version: '0.0.0-simulated', hostname: this.id, capabilities: ['icmp'] },
      health: () => ({ icmp: 'ok', icmpRestarts: 0, guardRailHits: 0, roundsSkipped: 0 }),
      onStatus: (status) => this.#status(status),
      timing: TIMING,
      spoolCapBytes,
    };
    await runAgent(this.#world.wrap(deps), life.stopping.signal);
    this.#ended(life, null);
  }

  #status(status: OnlineStatus): void {
    if (status.spool.dropped > this.#dropped) this.#world.journal.event(`${this.id} has dropped ${status.spool.dropped} rounds`);
    this.#dropped = Math.max(this.#dropped, status.spool.dropped);
  }

  #ended(life: Life, error: unknown): void {
    if (life.dead) return;
    const { journal } = this.#world;
    if (error !== null && this.disk.full) {
      journal.event(`${this.id} cannot start: ${String(error)}`);
      this.#restartMs = RETRY_MS;
    } else if (!life.stopping.signal.aborted) journal.fail(0, `${this.id}: runAgent ended by itself: ${describe(error)}`);
    else if (error !== null) journal.fail(0, `${this.id}: runAgent rejected on SIGTERM: ${describe(error)}`);
    life.kill();
  }

  #died(life: Life): void {
    if (this.#life !== life) return;
    const { journal, ledger, broker, timeline } = this.#world;
    this.#life = null;
    journal.event(`${this.id} is dead`);
    ledger.killed(this.id, this.#fullSince ?? timeline.now());
    broker.cut(this.id, !this.#powered);
    this.onDeath();
    if (Number.isFinite(this.#restartMs)) timeline.after(this.#restartMs, () => this.host.suspended || this.start());
  }
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));
