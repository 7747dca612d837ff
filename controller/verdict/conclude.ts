import type { Suspect, VerdictIncident } from './answer.ts';
import type { VerdictCase } from './case.ts';
import { confidenceOf, traitsOf } from './confidence.ts';
import type { Candidate } from './rank.ts';
import type { Finding } from './search.ts';

/** Nats that a cause must be worth after its two best rounds are taken away. */
const ENOUGH = 18;
/** A cause is in force for six rounds or more; one at its edge may hide. One that flaps comes back within some rounds. */
const ROUNDS_LEAST = 5;
const GAP_MOST = 8;
/** Below this confidence the answer is "cannot tell". */
const TELLING = 0.66;
/** Below this one it is more likely nothing, or another way. */
const WORTH_SAYING = 0.4;
const TEMPER = 0.6;
/** log-odds at which traces leave no doubt. */
const ANOTHER_WAY = -4;

/** The incident that a finding makes, or `null`: it is not enough for one. Pure. */
export const conclude = (given: VerdictCase, finding: Finding): VerdictIncident | null => {
  if (!isIncident(finding)) return null;
  const suspects = topThree(finding.candidates);
  const share = suspects[0]?.confidence ?? 0;
  const confidence = confidenceOf(traitsOf(finding, share));
  if (confidence < WORTH_SAYING) return null;
  const doubt = confidence / share;
  const verdicts = suspects.map((suspect) => ({ ...suspect, confidence: Math.min(0.99, suspect.confidence * doubt) }));
  const first = verdicts[0];
  if (first === undefined) return null;
  return { answered: first.confidence >= TELLING, since: given.start + finding.event.span.from * given.step, verdicts };
};

/** In force for some rounds, begun inside the window, worth more than chance and blips are, and not plainly another way. */
const isIncident = ({ event, lasting, lift }: Finding): boolean => {
  const { from, to } = event.span;
  const on = Array.from({ length: to - from }, (_, i) => from + i).filter((round) => isOn(event, round));
  const gaps = on.map((round, i) => round - (on[i - 1] ?? round) - 1);
  return (
    from >= 1 && on.length >= ROUNDS_LEAST && Math.max(0, ...gaps) <= GAP_MOST && lasting >= ENOUGH && (lift?.sameWay ?? 0) > ANOTHER_WAY
  );
};

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
