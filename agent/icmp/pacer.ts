/** Who is due when: a binary heap of (due time, who), because 20,000 tasks each want their own instant. */
export interface Pacer<T> {
  readonly size: number;
  /** The earliest due time, ms; Infinity when nothing is. */
  nextDueMs(): number;
  /** Who is due first; undefined when nobody is. */
  next(): T | undefined;
  /** Takes the first away. */
  pop(): void;
  push(dueMs: number, who: T): void;
  /** Gives the first another time: cheaper than pop and push. */
  replaceFirst(dueMs: number): void;
}

export const makePacer = <T>(): Pacer<T> => {
  const dues: number[] = [];
  const queue: T[] = [];

  const place = (at: number, dueMs: number, who: T): void => {
    dues[at] = dueMs;
    queue[at] = who;
  };
  const up = (from: number, dueMs: number, who: T): void => {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((dues[parent] ?? 0) <= dueMs) break;
      place(at, dues[parent] ?? 0, queue[parent] ?? who);
      at = parent;
    }
    place(at, dueMs, who);
  };
  const down = (from: number, dueMs: number, who: T): void => {
    const size = dues.length;
    let at = from;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && (dues[child + 1] ?? 0) < (dues[child] ?? 0)) child += 1;
      if ((dues[child] ?? 0) >= dueMs) break;
      place(at, dues[child] ?? 0, queue[child] ?? who);
      at = child;
    }
    place(at, dueMs, who);
  };
  const pop = (): void => {
    const dueMs = dues.pop();
    const who = queue.pop();
    if (dueMs !== undefined && who !== undefined && dues.length > 0) down(0, dueMs, who);
  };

  return {
    get size() {
      return dues.length;
    },
    nextDueMs: () => dues[0] ?? Number.POSITIVE_INFINITY,
    next: () => queue[0],
    pop,
    push: (dueMs, who) => {
      dues.push(dueMs);
      queue.push(who);
      up(dues.length - 1, dueMs, who);
    },
    replaceFirst: (dueMs) => {
      const who = queue[0];
      if (who !== undefined) down(0, dueMs, who);
    },
  };
};
