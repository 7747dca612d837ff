import { type Controller, type ControllerDeps, openController, type Send } from '../../controller/controller.ts';
import type { ConfigSigner } from '../../controller/fleet/signer.ts';
import { makeVault } from '../../controller/pki/vault.ts';
import { openSqliteStore } from '../../controller/series/sqlite/store.ts';
import type { Point } from '../../controller/series/store.ts';
import { openState } from '../../controller/state/database.ts';
import type { BrokerModel } from './broker.ts';
import { Disk } from './disk.ts';
import type { Host } from './host.ts';
import type { Journal } from './journal.ts';
import { Life, never } from './life.ts';
import { journalLog } from './log.ts';
import type { Seeded } from './random.ts';
import { faultyStore, type StoreWeather } from './slow-store.ts';
import type { Timeline } from './timeline.ts';

export interface ControllerWorld {
  readonly timeline: Timeline;
  readonly journal: Journal;
  readonly broker: BrokerModel;
  readonly signer: ConfigSigner;
  readonly send: Send;
  readonly written: (points: readonly Point[]) => void;
  /** Makes the fleet; called after each start, and harmless when it is made already. */
  readonly furnish: (controller: Controller, deps: ControllerDeps) => Promise<void>;
  readonly tuning: NonNullable<ControllerDeps['tuning']>;
  /** The broker lives in the controller's process, and dies with it. */
  readonly embedded: boolean;
}

/** The controller's host: three databases stay, the program comes and goes. */
export class ControllerNode {
  readonly host: Host;
  readonly control = new Disk();
  readonly arrivals = new Disk();
  readonly series = new Disk();
  readonly storeWeather: StoreWeather = { slowMs: 0, fail: 0 };
  readonly #world: ControllerWorld;
  readonly #random: Seeded;
  #life: Life | null = null;
  #controller: Controller | null = null;
  #restartMs = 1_000;
  onDeath: () => void = () => {};
  onUp: () => void = () => {};

  constructor(world: ControllerWorld, host: Host, random: Seeded) {
    this.#world = world;
    this.host = host;
    this.#random = random;
  }

  get running(): boolean {
    return this.#life !== null;
  }

  /** The controller's own time; null while it is not there. */
  now(): number | null {
    return this.#controller?.clock.now() ?? null;
  }

  get controller(): Controller | null {
    return this.#controller;
  }

  start(): void {
    if (this.#life !== null) return;
    const life = new Life(this.#world.timeline, this.host, () => this.#died(life));
    this.#life = life;
    this.#world.journal.event('controller starts');
    if (this.#world.embedded) this.#world.broker.start();
    this.#run(life).catch((error: unknown) => this.#ended(life, error));
  }

  kill(steps: number, restartMs: number): void {
    this.#restartMs = restartMs;
    this.#life?.killAfter(steps);
  }

  stop(restartMs: number): void {
    this.#restartMs = restartMs;
    this.#life?.stopping.abort(new Error('SIGTERM'));
  }

  async #run(life: Life): Promise<void> {
    const { timeline, journal, broker, signer, send, written, tuning, furnish } = this.#world;
    const { host } = this;
    const random = this.#random.fork(`life ${timeline.now()}`);
    const store = openSqliteStore(this.series.mount(life));
    const deps: ControllerDeps = {
      clock: life.clock,
      random,
      log: journalLog(journal, life, 'controller'),
      host: { bootId: host.bootId, suspendedMs: () => host.suspendedMs() },
      broker: broker.side(life),
      state: openState(this.control.mount(life)),
      arrivalsDb: this.arrivals.mount(life),
      store: faultyStore(store, life, random.fork('store'), this.storeWeather, written),
      signer,
      vault: makeVault(Buffer.alloc(32, 7)),
      send: (request) => (life.step() ? send(request) : never()),
      tuning,
    };
    const controller = await openController(deps, life.stopping.signal);
    if (life.dead) return;
    this.#controller = controller;
    this.onUp();
    await furnish(controller, deps);
    await controller.closed;
    this.#ended(life, null);
  }

  #ended(life: Life, error: unknown): void {
    if (life.dead) return;
    const { journal } = this.#world;
    if (!life.stopping.signal.aborted || error !== null) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      journal.fail(0, `the controller ended by itself: ${text}`);
    }
    life.kill();
  }

  #died(life: Life): void {
    if (this.#life !== life) return;
    const { journal, broker, embedded, timeline } = this.#world;
    this.#life = null;
    this.#controller = null;
    journal.event('controller is dead');
    if (embedded) broker.kill();
    broker.forget(life);
    this.onDeath();
    if (Number.isFinite(this.#restartMs)) timeline.after(this.#restartMs, () => this.start());
  }
}
