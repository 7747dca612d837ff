import type { Db, Statement } from '../../protocol/database.ts';
import type { Clock } from '../../protocol/time.ts';
import type { Host } from '../host.ts';
import { isSqliteError } from '../spool/sqlite-error.ts';
import { bestOf, boundOf, type OffsetSample, withSample } from './offset.ts';
import { SteadyClock } from './steady.ts';
import { extend, needed, type TimeNode, toController } from './time-map.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS boot (
    id TEXT PRIMARY KEY, suspended_ms REAL NOT NULL, reading_ms REAL NOT NULL,
    frontier_ms REAL, exchanged_ms REAL, wall_offset_ms REAL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS time_node (
    boot TEXT NOT NULL, steady_ms REAL NOT NULL, controller_ms REAL NOT NULL, bound_ms REAL NOT NULL, PRIMARY KEY (boot, steady_ms)
  ) STRICT, WITHOUT ROWID;`;

/** A moment as the spool keeps it: steady time of one boot. */
export interface Moment {
  readonly boot: string;
  readonly steadyMs: number;
  readonly slackMs: number;
}

export interface Stamp {
  readonly at: number;
  readonly source: 'controller' | 'wall';
  readonly boundMs: number | null;
  readonly ageS: number | null;
}

interface Boot {
  nodes: readonly TimeNode[];
  frontierMs: number | null;
  exchangedMs: number | null;
  wallOffsetMs: number | null;
}

/** Turns moments into the controller's time by the history of offsets of their boot, and keeps that history in the database. */
export class Timekeeper {
  readonly steady: SteadyClock;
  readonly #db: Db;
  readonly #bootId: string;
  readonly #boots = new Map<string, Boot>();
  readonly #putNode: Statement;
  readonly #putBoot: Statement;
  #samples: readonly OffsetSample[] = [];

  constructor(db: Db, clock: Clock, host: Host) {
    db.exec(SCHEMA);
    this.#db = db;
    this.#bootId = host.bootId;
    const saved = db.prepare('SELECT suspended_ms, reading_ms FROM boot WHERE id = ?').get(host.bootId);
    this.steady = new SteadyClock(
      clock,
      host,
      saved === undefined ? null : { suspendedMs: Number(saved['suspended_ms']), readingMs: Number(saved['reading_ms']) },
    );
    this.#putNode = db.prepare('INSERT OR REPLACE INTO time_node VALUES (?, ?, ?, ?)');
    this.#putBoot =
      db.prepare(`INSERT INTO boot VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET suspended_ms = excluded.suspended_ms,
      reading_ms = excluded.reading_ms, frontier_ms = excluded.frontier_ms, exchanged_ms = excluded.exchanged_ms, wall_offset_ms = excluded.wall_offset_ms`);
    this.#load();
  }

  /** Whether this boot has ever exchanged clocks with the controller: before that its rounds cannot be stamped. */
  get synchronised(): boolean {
    return this.#boot(this.#bootId).nodes.length > 0;
  }

  /** The controller's time now; null before the first exchange of this boot. */
  now(): { readonly atMs: number; readonly boundMs: number; readonly ageS: number } | null {
    const boot = this.#boot(this.#bootId);
    const steadyMs = this.steady.now();
    const mapped = toController(boot.nodes, steadyMs);
    return mapped === null ? null : { ...mapped, ageS: ageOf(boot, steadyMs) ?? 0 };
  }

  /** The controller's time of a moment of this boot; NaN before the first exchange. */
  controllerMs(steadyMs: number): number {
    return toController(this.#boot(this.#bootId).nodes, steadyMs)?.atMs ?? Number.NaN;
  }

  /** Looks whether the host was suspended, and writes it down. Returns for how long. */
  look(): number {
    const sleptMs = this.steady.look();
    if (sleptMs > 0) {
      this.#samples = []; // how long exactly is known to 10 ms only: samples from before it no longer compare
      this.#tolerant(() => this.save());
    }
    return sleptMs;
  }

  /** Takes one exchange into the history: a node on the line, never behind what was stamped already. */
  exchanged(sample: OffsetSample): void {
    this.#samples = withSample(this.#samples, sample);
    const steadyMs = sample.steadyMs;
    const best = bestOf(this.#samples, steadyMs) ?? sample;
    const boot = this.#boot(this.#bootId);
    const added = extend(boot.nodes, boot.frontierMs, {
      steadyMs,
      controllerMs: steadyMs + best.offsetMs,
      boundMs: boundOf(best, steadyMs),
    });
    boot.nodes = [...boot.nodes, ...added];
    boot.exchangedMs = steadyMs;
    this.#tolerant(() => {
      for (const node of added) this.#putNode.run(this.#bootId, node.steadyMs, node.controllerMs, node.boundMs);
      this.save();
    });
  }

  /** Fixes the time of a moment. Call inside the transaction that writes the stamp down, then `save`.
   * null: a moment of this boot, which has not met the controller yet. `wallMs` − `wallSteadyMs` is the last known wall clock of that boot. */
  stamp(moment: Moment, lastWallOffsetMs: () => number): Stamp | null {
    const boot = this.#boot(moment.boot);
    const mapped = toController(boot.nodes, moment.steadyMs);
    if (mapped !== null) {
      boot.frontierMs = Math.max(boot.frontierMs ?? Number.NEGATIVE_INFINITY, moment.steadyMs);
      const ageS = moment.boot === this.#bootId ? ageOf(boot, this.steady.now()) : ageOf(boot, moment.steadyMs);
      return { at: Math.floor(mapped.atMs), source: 'controller', boundMs: mapped.boundMs + moment.slackMs, ageS: ageS ?? 0 };
    }
    if (moment.boot === this.#bootId) return null;
    boot.wallOffsetMs ??= lastWallOffsetMs();
    return { at: Math.max(0, Math.floor(moment.steadyMs + boot.wallOffsetMs)), source: 'wall', boundMs: null, ageS: null };
  }

  /** Writes down how far stamps of a boot have gone. */
  save(bootId = this.#bootId): void {
    const boot = this.#boot(bootId);
    const { suspendedMs, readingMs } = bootId === this.#bootId ? this.steady.state : { suspendedMs: 0, readingMs: 0 };
    this.#putBoot.run(bootId, suspendedMs, readingMs, boot.frontierMs, boot.exchangedMs, boot.wallOffsetMs);
  }

  /** Forgets what no round in the spool needs any more: other boots, and nodes before the oldest moment still unstamped. */
  prune(bootsInSpool: readonly string[], oldestUnstampedMs: number | null): void {
    for (const bootId of this.#boots.keys()) {
      if (bootId === this.#bootId || bootsInSpool.includes(bootId)) continue;
      this.#boots.delete(bootId);
      this.#db.prepare('DELETE FROM boot WHERE id = ?').run(bootId);
      this.#db.prepare('DELETE FROM time_node WHERE boot = ?').run(bootId);
    }
    const boot = this.#boot(this.#bootId);
    const kept = needed(boot.nodes, oldestUnstampedMs ?? this.steady.now());
    const first = kept[0];
    if (first === undefined || kept.length === boot.nodes.length) return;
    boot.nodes = kept;
    this.#db.prepare('DELETE FROM time_node WHERE boot = ? AND steady_ms < ?').run(this.#bootId, first.steadyMs);
  }

  /** A full disk must not stop the clock: a node that is not on disk costs a restarted agent some accuracy, no more. */
  #tolerant(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!isSqliteError(error)) throw error;
    }
  }

  #boot(id: string): Boot {
    const known = this.#boots.get(id);
    if (known !== undefined) return known;
    const fresh = { nodes: [], frontierMs: null, exchangedMs: null, wallOffsetMs: null };
    this.#boots.set(id, fresh);
    return fresh;
  }

  #load(): void {
    for (const row of this.#db.prepare('SELECT id, frontier_ms, exchanged_ms, wall_offset_ms FROM boot').all()) {
      const boot = this.#boot(String(row['id']));
      boot.frontierMs = numberOrNull(row['frontier_ms']);
      boot.exchangedMs = numberOrNull(row['exchanged_ms']);
      boot.wallOffsetMs = numberOrNull(row['wall_offset_ms']);
    }
    for (const row of this.#db.prepare('SELECT boot, steady_ms, controller_ms, bound_ms FROM time_node ORDER BY boot, steady_ms').all()) {
      const boot = this.#boot(String(row['boot']));
      const node = { steadyMs: Number(row['steady_ms']), controllerMs: Number(row['controller_ms']), boundMs: Number(row['bound_ms']) };
      boot.nodes = [...boot.nodes, node];
    }
    this.save();
  }
}

const ageOf = (boot: Boot, steadyMs: number): number | null =>
  boot.exchangedMs === null ? null : Math.max(0, steadyMs - boot.exchangedMs) / 1000;

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);
