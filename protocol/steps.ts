/** One thing that a command did or looked at, and how to mend it where it failed. */
export interface Step {
  readonly step: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly fix?: string;
  /** What the process ends with when this is the first that failed. */
  readonly exit?: number;
}

/** ✔ or ✖, what, and the fix: as a person reads it. */
export const stepLine = ({ step, ok, detail, fix }: Step): string =>
  `${ok ? '✔' : '✖'} ${step}${detail === '' ? '' : `: ${detail}`}${fix === undefined ? '' : `\n    fix: ${fix}`}`;

/** Prints steps as they come, or, with `--json`, all of them as one object at the end. */
export class StepPrinter {
  readonly #steps: Step[] = [];
  readonly #json: boolean;
  readonly #write: (text: string) => void;

  constructor(json: boolean, write: (text: string) => void) {
    this.#json = json;
    this.#write = write;
  }

  add(step: Step): void {
    this.#steps.push(step);
    if (!this.#json) this.#write(`${stepLine(step)}\n`);
  }

  /** Returns the exit code: that of the first step that failed. */
  end(more: Readonly<Record<string, unknown>>): number {
    const failed = this.#steps.find(({ ok }) => !ok);
    if (this.#json)
      this.#write(
        `${JSON.stringify({ ok: failed === undefined, ...more, steps: this.#steps.map(({ step, ok, detail, fix }) => ({ step, ok, detail, ...(fix === undefined ? {} : { fix }) })) })}\n`,
      );
    return failed === undefined ? 0 : (failed.exit ?? 1);
  }
}
