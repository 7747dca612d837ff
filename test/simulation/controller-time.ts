/** The controller's own (slewed) time against true time, as sampled by the world: the line on which every timestamp must lie. */
export class ControllerTime {
  readonly #at: number[] = [];
  readonly #offset: number[] = [];

  sample(trueAt: number, controllerAt: number): void {
    if (trueAt <= (this.#at.at(-1) ?? Number.NEGATIVE_INFINITY)) return;
    this.#at.push(trueAt);
    this.#offset.push(controllerAt - trueAt);
  }

  /** How far the last two samples are apart from even time, ms; null before there are two. */
  lastShift(): { readonly overMs: number; readonly byMs: number } | null {
    const [before, last] = [this.#at.at(-2), this.#at.at(-1)];
    const [offsetBefore, offset] = [this.#offset.at(-2), this.#offset.at(-1)];
    if (before === undefined || last === undefined || offsetBefore === undefined || offset === undefined) return null;
    return { overMs: last - before, byMs: offset - offsetBefore };
  }

  /** What the controller's time was at a true time, and how much the offset moved between the samples around it. */
  of(trueAt: number): { readonly at: number; readonly slackMs: number } {
    let low = 0;
    let high = this.#at.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#at[middle] ?? 0) < trueAt) low = middle + 1;
      else high = middle;
    }
    const [rightAt, right] = [this.#at[low] ?? trueAt, this.#offset[low] ?? 0];
    const [leftAt, left] = [this.#at[low - 1] ?? rightAt, this.#offset[low - 1] ?? right];
    const share = rightAt === leftAt ? 0 : Math.min(1, Math.max(0, (trueAt - leftAt) / (rightAt - leftAt)));
    return { at: trueAt + left + share * (right - left), slackMs: Math.abs(right - left) };
  }
}
