/** What became of one packet: received, lost (no reply within the timeout), or unknown (our own socket dropped meanwhile). */
export type Fate = 'received' | 'lost' | 'unknown';

/** The most packets lost in a row, in the order of sending. An unknown packet ends a run: it may have been answered. */
export const longestLossRun = (fates: readonly Fate[]): number => {
  let longest = 0;
  let run = 0;
  for (const fate of fates) {
    run = fate === 'lost' ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
};

/**
 * How many replies arrived out of order (RFC 4737, section 4: type-P-reordered): a reply is reordered when one of a later-sent packet
 * arrived before it. `arrivals` are the packets' numbers in the order in which their first replies arrived.
 */
export const reorderedCount = (arrivals: readonly number[]): number => {
  let reordered = 0;
  let nextExpected = -1;
  for (const number of arrivals) {
    if (number < nextExpected) reordered += 1;
    else nextExpected = number + 1;
  }
  return reordered;
};
