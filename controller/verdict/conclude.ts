import type { Suspect, VerdictIncident } from './answer.ts';
import type { VerdictCase } from './case.ts';
import type { Candidate } from './rank.ts';
import type { Finding } from './search.ts';

/** Nats that a cause must be worth after its two best rounds are taken away. */
export const ENOUGH = 18;
/** Below this confidence the answer is "cannot tell". */
const TELLING = 0.5;
const TEMPER = 0.6;

/** The incident that a finding makes, or `null`: it is not enough for one. Pure. */
export const conclude = (given: VerdictCase, finding: Finding): VerdictIncident | null => {
  const { event, lasting, rerouting } = finding;
  if (lasting < ENOUGH || rerouting < 0 || event.span.to - event.span.from < 4) return null;
  // It began before the window: usual, as far as the window can tell.
  if (event.span.from < 1) return null;
  const verdicts = topThree(finding.candidates);
  const first = verdicts[0];
  if (first === undefined) return null;
  return { answered: first.confidence >= TELLING, since: given.start + event.span.from * given.step, verdicts };
};

/** The best candidates that nobody can tell apart count as one; each gets the share that its score leaves it. */
const topThree = (candidates: readonly Candidate[]): Suspect[] => {
  const best = candidates[0]?.score ?? 0;
  const groups: { candidate: Candidate; key: string; weight: number }[] = [];
  let all = 0;
  for (const candidate of candidates) {
    const weight = Math.exp(TEMPER * (candidate.score - best));
    if (weight < 1e-4) break;
    const key = [...candidate.element.passes.keys()].toSorted((a, b) => a - b).join();
    if (groups.some((group) => group.key === key)) continue;
    groups.push({ candidate, key, weight });
    all += weight;
  }
  return groups.slice(0, 3).map(({ candidate: { element }, weight }) => ({
    class: element.class,
    element: element.element,
    confidence: Math.min(0.99, weight / all),
  }));
};
