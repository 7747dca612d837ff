import type { Suspect, VerdictIncident } from './answer.ts';
import type { VerdictCase } from './case.ts';
import type { Candidate } from './rank.ts';
import type { Finding } from './search.ts';

/** Nats that a cause must be worth after its two best rounds are taken away. */
export const ENOUGH = 18;
/** A cause is in force for six rounds or more; one at its edge may hide. One that flaps comes back within some rounds. */
const ROUNDS_LEAST = 5;
const GAP_MOST = 8;
/** Below this confidence the answer is "cannot tell". */
const TELLING = 0.5;
const TEMPER = 0.6;
/** A cause that is barely worth more than chance is told of, but nobody is named. */
const CLEAR = 32;
/** More members spared than that, or more strays hit: something else, which nothing shows, fits better. */
const SPARED_MOST = 0.3;
const STRAYS_MOST = 0.45;
/** What may be trusted at most: traces show one way of several, and only the way out. */
const TRUST = { labelled: 0.98, traced: 0.93 } as const;

/** The incident that a finding makes, or `null`: it is not enough for one. Pure. */
export const conclude = (given: VerdictCase, finding: Finding): VerdictIncident | null => {
  if (!isIncident(finding)) return null;
  const doubt = doubtOf(finding);
  const verdicts = topThree(finding.candidates).map((verdict) => ({ ...verdict, confidence: verdict.confidence * doubt }));
  const first = verdicts[0];
  if (first === undefined) return null;
  return { answered: first.confidence >= TELLING, since: given.start + finding.event.span.from * given.step, verdicts };
};

/** In force for some rounds, begun inside the window, worth more than chance and blips are, and no mere change of the way. */
export const isIncident = ({ event, lasting, rerouting }: Finding): boolean => {
  const { from, to } = event.span;
  const on = Array.from({ length: to - from }, (_, i) => from + i).filter((round) => isOn(event, round));
  const gaps = on.map((round, i) => round - (on[i - 1] ?? round) - 1);
  return from >= 1 && on.length >= ROUNDS_LEAST && Math.max(0, ...gaps) <= GAP_MOST && lasting >= ENOUGH && rerouting >= 0;
};

/** What is left of the confidence in the first candidate when it is looked at by itself: how much it spares of what passes it, and what else suffers alike. */
const doubtOf = ({ event, candidates, lasting }: Finding): number => {
  const element = candidates[0]?.element;
  if (element === undefined) return 0;
  const isTraced = element.kind === 'hop' || element.kind === 'link' || element.kind === 'provider';
  let hit = 0;
  let spared = 0;
  for (const pair of element.passes.keys()) {
    const gain = event.gains[pair] ?? 0;
    if (gain > 2) hit++;
    else if (gain < -2) spared++;
  }
  let strays = 0;
  event.returning.forEach((gain, pair) => {
    if (gain > 4 && !element.passes.has(pair) && !element.beside.has(pair)) strays++;
  });
  const fits = spared <= SPARED_MOST * (hit + spared) && strays <= STRAYS_MOST * (hit + strays) && !(isTraced && hit < 2);
  return (isTraced ? TRUST.traced : TRUST.labelled) * (fits && lasting >= CLEAR ? 1 : UNFIT);
};

const UNFIT = 0.55;

const isOn = ({ profile }: Finding['event'], round: number): boolean => (profile.loss[round] ?? 0) > 0 || (profile.liftUs[round] ?? 0) > 0;

/** The best candidates that nobody can tell apart count as one; each gets the share that its score leaves it. */
const topThree = (candidates: readonly Candidate[]): Suspect[] => {
  const best = candidates[0]?.score ?? 0;
  const groups: { candidate: Candidate; key: string; weight: number }[] = [];
  let all = 0;
  for (const candidate of candidates) {
    const weight = Math.exp(TEMPER * (candidate.score - best));
    if (weight < 1e-4) break;
    const { class: kind, element } = candidate.element;
    const key = [...candidate.element.passes.keys()].toSorted((a, b) => a - b).join();
    const known = groups.find(
      (group) => group.key === key || (group.candidate.element.class === kind && group.candidate.element.element === element),
    );
    if (known !== undefined) {
      // Two ways to say the same, such as a first mile with and without its gateway: together they are one suspect.
      if (known.key !== key) [known.weight, all] = [known.weight + weight, all + weight];
      continue;
    }
    groups.push({ candidate, key, weight });
    all += weight;
  }
  return groups
    .toSorted((a, b) => b.weight - a.weight)
    .slice(0, 3)
    .map(({ candidate: { element }, weight }) => ({
      class: element.class,
      element: element.element,
      confidence: Math.min(0.99, weight / all),
    }));
};
