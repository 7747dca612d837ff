import type { Seeded } from './random.ts';
import type { Timeline } from './timeline.ts';

/** A machine: its crystal, its wall clock, its boot. Programs live and die on it (life.ts); its disks stay (disk.ts). */
export class Host {
  readonly #timeline: Timeline;
  readonly #random: Seeded;
  readonly #rate: number;
  #bootId = '';
  #bootAt = 0;
  #suspendedMs = 0;
  #suspendedAt: number | null = null;
  #wallOffset: number;
  #bootOffsets: number[] = [];
  #waiting: (() => void)[] = [];

  /** `driftPpm`: how much faster than true time the crystal runs. */
  constructor(timeline: Timeline, random: Seeded, driftPpm: number, wallOffset: number) {
    this.#timeline = timeline;
    this.#random = random;
    this.#rate = 1 + driftPpm / 1e6;
    this.#wallOffset = wallOffset;
    this.reboot();
  }

  get bootId(): string {
    return this.#bootId;
  }

  get suspended(): boolean {
    return this.#suspendedAt !== null;
  }

  /** The wall clock: runs on while suspended (its battery does), and jumps when told to. */
  wall(): number {
    return this.#timeline.now() + this.#wallOffset;
  }

  /** CLOCK_MONOTONIC: from the boot on, without what was slept through. */
  monotonic(): number {
    const until = this.#suspendedAt ?? this.#timeline.now();
    return (until - this.#bootAt - this.#suspendedMs) * this.#rate;
  }

  /** What the monotonic clock does not know, in the measure of its crystal (/proc/uptime minus CLOCK_MONOTONIC). */
  suspendedMs(): number {
    return this.#suspendedMs * this.#rate;
  }

  /** When the monotonic clock will show this, unless the host is suspended before. */
  trueTimeOf(monotonic: number): number {
    return monotonic / this.#rate + this.#bootAt + this.#suspendedMs;
  }

  jumpWall(ms: number): void {
    this.#wallOffset += ms;
    this.#bootOffsets.push(this.#wallOffset);
  }

  /** All that the wall clock was off by in this boot; the list goes on growing until the next. */
  get wallOffsets(): readonly number[] {
    return this.#bootOffsets;
  }

  suspend(): void {
    this.#suspendedAt ??= this.#timeline.now();
  }

  resume(): void {
    if (this.#suspendedAt !== null) this.#suspendedMs += this.#timeline.now() - this.#suspendedAt;
    this.#suspendedAt = null;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Called once, when a suspended host goes on. A reboot forgets it. */
  onResume(wake: () => void): void {
    this.#waiting.push(wake);
  }

  /** A new boot: new id, the monotonic clock starts anew. */
  reboot(): void {
    const hex = this.#random.hex(16);
    this.#bootId = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    this.#bootAt = this.#timeline.now() - this.#random.between(1_000, 9_000);
    this.#suspendedMs = 0;
    this.#suspendedAt = null;
    this.#bootOffsets = [this.#wallOffset];
    this.#waiting = [];
  }
}
