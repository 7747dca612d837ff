/** Who is due when: a binary heap of (due time, slot), because 20,000 tasks each want their own instant. */
export interface Pacer {
  readonly size: number;
  /** The earliest due time, ms; Infinity when nothing is. */
  nextDueMs(): number;
  /** The slot that is due first. Only when size > 0. */
  nextSlot(): number;
  /** Takes the first away. */
  pop(): void;
  push(dueMs: number, slot: number): void;
  /** Gives the first another time: cheaper than pop and push. */
  replaceFirst(dueMs: number): void;
}

export const makePacer = (): Pacer => {
  const dues: number[] = [];
  const slots: number[] = [];

  const place = (at: number, dueMs: number, slot: number): void => {
    dues[at] = dueMs;
    slots[at] = slot;
  };
  const up = (from: number, dueMs: number, slot: number): void => {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((dues[parent] ?? 0) <= dueMs) break;
      place(at, dues[parent] ?? 0, slots[parent] ?? 0);
      at = parent;
    }
    place(at, dueMs, slot);
  };
  const down = (from: number, dueMs: number, slot: number): void => {
    const size = dues.length;
    let at = from;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && (dues[child + 1] ?? 0) < (dues[child] ?? 0)) child += 1;
      if ((dues[child] ?? 0) >= dueMs) break;
      place(at, dues[child] ?? 0, slots[child] ?? 0);
      at = child;
    }
    place(at, dueMs, slot);
  };
  const pop = (): void => {
    const dueMs = dues.pop();
    const slot = slots.pop();
    if (dueMs !== undefined && slot !== undefined && dues.length > 0) down(0, dueMs, slot);
  };

  return {
    get size() {
      return dues.length;
    },
    nextDueMs: () => dues[0] ?? Number.POSITIVE_INFINITY,
    nextSlot: () => slots[0] ?? -1,
    pop,
    push: (dueMs, slot) => {
      dues.push(dueMs);
      slots.push(slot);
      up(dues.length - 1, dueMs, slot);
    },
    replaceFirst: (dueMs) => down(0, dueMs, slots[0] ?? -1),
  };
};
