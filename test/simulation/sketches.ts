import { rttStatistics } from '../../agent/stats/delay.ts';
import type { RttStatistics } from '../../protocol/probes/icmp.ts';
import { encodeSketch, makeSketch } from '../../protocol/sketch.ts';

interface Delays {
  readonly rtt: RttStatistics | null;
  readonly sketch: string;
}
const known = new Map<string, Delays>();

/** Statistics and sketch of so many delays around `rttMs`, by the agent's own code; made once for each pair of arguments. */
export const sketchOf = (rttMs: number, received: number): Delays => {
  const key = `${rttMs}/${received}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const delays = Array.from({ length: received }, (_, index) => rttMs + index / 16);
  const made = { rtt: rttStatistics(delays), sketch: received === 0 ? '' : encodeSketch(makeSketch(delays)) };
  known.set(key, made);
  return made;
};
