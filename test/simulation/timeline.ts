/** The one virtual time line of a world: what is due lies in a heap; one is woken at a time, and what it woke runs to its next await. */
export interface Timer {
  cancel(): void;
}

class Entry implements Timer {
  readonly at: number;
  readonly order: number;
  run: (() => void) | null;

  constructor(at: number, order: number, run: () => void) {
    this.at = at;
    this.order = order;
    this.run = run;
  }

  cancel(): void {
    this.run = null;
  }
}

export class Timeline {
  readonly #heap: Entry[] = [];
  readonly #isExpected: (error: unknown) => boolean;
  #now: number;
  #order = 0;
  #stopped = false;
  /** How many were woken: for the figures. */
  wakes = 0;

  /** `isExpected`: what may be thrown by code that is called back and dies in it. */
  constructor(start: number, isExpected: (error: unknown) => boolean = () => false) {
    this.#now = start;
    this.#isExpected = isExpected;
  }

  /** True time, ms since the epoch; fractions count. */
  now(): number {
    return this.#now;
  }

  /** Runs at that time, or at once when it is past; two of the same time in the order of asking. */
  at(time: number, run: () => void): Timer {
    this.#order += 1;
    const entry = new Entry(Math.max(time, this.#now), this.#order, run);
    push(this.#heap, entry);
    return entry;
  }

  after(ms: number, run: () => void): Timer {
    return this.at(this.#now + ms, run);
  }

  stop(): void {
    this.#stopped = true;
  }

  async run(until: number): Promise<void> {
    await turned();
    for (let entry = this.#heap[0]; entry !== undefined && entry.at <= until && !this.#stopped; entry = this.#heap[0]) {
      pop(this.#heap);
      if (entry.run === null) continue;
      this.#now = entry.at;
      this.wakes += 1;
      try {
        entry.run();
      } catch (error) {
        if (!this.#isExpected(error)) throw error;
      }
      await (this.wakes % WAKES_A_TURN === 0 ? turned() : settled());
    }
    await turned();
    if (!this.#stopped) this.#now = until;
  }
}

/** The product's own parts wait for nothing but microtasks here, and a tick comes when their queue is empty. */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));
/** The event loop turns now and then all the same: Node tells of unhandled rejections there. It costs as much as a wake does. */
const turned = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));
const WAKES_A_TURN = 64;

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

const push = (heap: Entry[], entry: Entry): void => {
  let index = heap.length;
  heap.push(entry);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !before(entry, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = entry;
};

const pop = (heap: Entry[]): void => {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = index * 2 + 1;
    let below = heap[child];
    if (below === undefined) break;
    const right = heap[child + 1];
    if (right !== undefined && before(right, below)) [child, below] = [child + 1, right];
    if (!before(below, last)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = last;
};
