import type { VerdictAnswer, VerdictIncident } from '../../../controller/verdict/answer.ts';
import type { VerdictCase } from '../../../controller/verdict/case.ts';

/** A pair is bad where it loses much more than usual, or its RTT lies far off, for six rounds of the last stretch; `since` is the first of them. */
const badPairs = (given: VerdictCase): Map<number, number> => {
  const bad = new Map<number, number>();
  given.pairs.agent.forEach((_, pair) => {
    const baseLoss = given.pairs.base_loss[pair] ?? 0;
    const p95 = given.pairs.base_loss_p95[pair] ?? 0;
    const baseUs = given.pairs.base_rtt_us[pair] ?? null;
    const spreadUs = given.pairs.base_spread_us[pair] ?? 0;
    if (baseLoss >= 0.95) return;
    const rounds = (given.series.sent[pair] ?? []).flatMap((sent, round) => {
      if (sent === null || sent === 0) return [];
      const loss = 1 - (given.series.received[pair]?.[round] ?? 0) / sent;
      const median = given.series.rtt_median_us[pair]?.[round] ?? null;
      const slow = median !== null && baseUs !== null && median > baseUs + 3 * spreadUs;
      return loss > Math.max(0.05, p95 + 0.02) || slow ? [round] : [];
    });
    if (rounds.length >= 5) bad.set(pair, rounds[0] ?? 0);
  });
  return bad;
};

const sinceOf = (given: VerdictCase, rounds: readonly number[]): number => given.start + given.step * Math.min(...rounds);

/** Whatever is bad is the target's fault. */
export const alwaysTheTarget = (given: VerdictCase): VerdictAnswer => {
  const bad = badPairs(given);
  const byTarget = Map.groupBy(bad.keys(), (pair) => given.pairs.target[pair] ?? -1);
  const incidents = [...byTarget].map(
    ([target, pairs]): VerdictIncident => ({
      answered: true,
      since: sinceOf(
        given,
        pairs.map((pair) => bad.get(pair) ?? 0),
      ),
      verdicts: [{ class: 'target', element: given.targets.id[target] ?? '', confidence: 0.5 }],
    }),
  );
  return { incidents: incidents.slice(0, 20) };
};

const SHARE = 0.8;
const ENOUGH_PAIRS = 3;

/** BlameIt, plain: the broadest segment (agent's site, then target's site, then provider on the way) of which 80 % of the pairs are bad; too few pairs are "insufficient". */
export const blameIt = (given: VerdictCase): VerdictAnswer => {
  const bad = badPairs(given);
  const left = new Set(bad.keys());
  const all = [...given.pairs.agent.keys()].filter((pair) => (given.pairs.base_loss[pair] ?? 0) < 0.95);
  const incidents: VerdictIncident[] = [];
  const blame = (cls: VerdictIncident['verdicts'][number]['class'], segments: (pair: number) => readonly (string | null)[]): void => {
    const groups = new Map<string, number[]>();
    for (const pair of all)
      for (const name of new Set(segments(pair))) if (name !== null) groups.set(name, [...(groups.get(name) ?? []), pair]);
    for (const [element, pairs] of [...groups].toSorted((a, b) => b[1].length - a[1].length)) {
      const hit = pairs.filter((pair) => left.has(pair));
      if (pairs.length < ENOUGH_PAIRS || hit.length < SHARE * pairs.length) continue;
      incidents.push({
        answered: true,
        since: sinceOf(
          given,
          hit.map((pair) => bad.get(pair) ?? 0),
        ),
        verdicts: [{ class: cls, element, confidence: 0.5 }],
      });
      for (const pair of hit) left.delete(pair);
    }
  };
  const hops = new Map(given.traces.pair.map((pair, i) => [pair, given.traces.hops[i] ?? []]));
  blame('first-mile', (pair) => [given.agents.site[given.pairs.agent[pair] ?? -1] ?? null]);
  blame('shared-path', (pair) =>
    (hops.get(pair) ?? []).map((hop) => (hop === null || given.hops.asn[hop] === null ? null : `AS${given.hops.asn[hop] ?? ''}`)),
  );
  blame('target', (pair) => [given.targets.id[given.pairs.target[pair] ?? -1] ?? null]);
  blame('agent', (pair) => [given.agents.id[given.pairs.agent[pair] ?? -1] ?? null]);
  // What is left is ambiguous: bad, but nobody's in particular.
  if (left.size >= ENOUGH_PAIRS)
    incidents.push({
      answered: false,
      since: sinceOf(
        given,
        [...left].map((pair) => bad.get(pair) ?? 0),
      ),
      verdicts: [],
    });
  return { incidents: incidents.slice(0, 20) };
};
