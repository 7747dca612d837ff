const FIRST_MS = 1_000;
const MAX_MS = 30_000;

/** Full jitter: anything from 0 to a ceiling that doubles from 1 s to 30 s with each failure in a row, so that a fleet does not come back at once.
 * `failures` ≥ 1; `fraction` in [0, 1). */
export const backOffMs = (failures: number, fraction: number): number =>
  Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10)) * fraction;
