/** How many variables to ask a device for at once: as many as fit into one packet, fewer where it chokes. */
export interface Sizer {
  /** Variables that the next answer should hold; 1 and more. */
  varbinds(): number;
  /** An answer came: so many bytes for so many variables. */
  answered(bytes: number, varbinds: number): void;
  /** Garbage, or no answer: ask for half, for now. False when it was one already. */
  choked(): boolean;
  /** The device itself says that so many do not fit: never again. False when it was one already. */
  tooBig(): boolean;
}

const FIRST_BYTES_PER_VARBIND = 30;
const FIRST_VARBINDS = 40;
const MOST_VARBINDS = 400;
/** SNMP's and ASN.1's own bytes around the variables, v3's security parameters included. */
const ENVELOPE_BYTES = 120;
/** After so many good answers a bit more is tried. */
const GROW_AFTER = 3;

export const makeSizer = (answerBytes: number): Sizer => {
  let bytesEach = FIRST_BYTES_PER_VARBIND;
  let ceiling = FIRST_VARBINDS;
  let most = MOST_VARBINDS;
  let good = 0;
  const fitting = (): number => Math.max(1, Math.floor((answerBytes - ENVELOPE_BYTES) / bytesEach));
  const varbinds = (): number => Math.max(1, Math.min(ceiling, fitting()));
  const halve = (): boolean => {
    const before = varbinds();
    ceiling = Math.max(1, Math.floor(before / 2));
    good = 0;
    return before > 1;
  };
  return {
    varbinds,
    answered(bytes, count) {
      if (count < 1) return;
      bytesEach = 0.8 * bytesEach + 0.2 * (Math.max(0, bytes - ENVELOPE_BYTES / 2) / count);
      bytesEach = Math.max(8, bytesEach);
      good += 1;
      if (good < GROW_AFTER) return;
      good = 0;
      ceiling = Math.min(most, Math.ceil(ceiling * 1.5));
    },
    choked: halve,
    tooBig() {
      most = Math.max(1, varbinds() - 1);
      return halve();
    },
  };
};
