// Stored rounds of many series as the deliveries that they came in, or near enough: in the order of their ends, a minute at a time.
import type { Delivery } from './evaluator.ts';
import type { Observation } from './observation.ts';

const STEP_MS = 60_000;

/** Deliveries in order of time; each agent is complete up to the end of its step. */
export const timelineOf = (series: readonly { readonly agent: string; readonly rounds: readonly Observation[] }[]): readonly Delivery[] => {
  const steps = new Map<number, Map<string, Observation[]>>();
  for (const { agent, rounds } of series)
    for (const round of rounds) {
      const step = Math.ceil(round.end / STEP_MS);
      let agents = steps.get(step);
      if (agents === undefined) steps.set(step, (agents = new Map<string, Observation[]>()));
      const mine = agents.get(agent);
      if (mine === undefined) agents.set(agent, [round]);
      else mine.push(round);
    }
  const inOrder = [...steps].sort(([a], [b]) => a - b);
  return inOrder.flatMap(([step, agents]) =>
    [...agents]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([agent, observations]): Delivery => ({ agent, arrivedAt: step * STEP_MS, lane: 'fresh', upTo: step * STEP_MS, observations })),
  );
};
