import { fits, partOf } from './apart.ts';
import type { Element } from './elements.ts';
import { breakOff, witnessesOf } from './break-off.ts';
import { healthOf } from './health.ts';
import { believed, type Candidate, isLabelled, rank, type Setting } from './rank.ts';
import { type Event, refine } from './refine.ts';
import { type Lift, liftOf } from './rerouting.ts';
import { type Residual, explain } from './residual.ts';
import { type GainGrid, gainGrid, type Guess, screen } from './screen.ts';

/** One cause that the evidence asks for: what happened, and who may have done it, best first. */
export interface Finding {
  readonly event: Event;
  readonly candidates: readonly Candidate[];
  /** What is left of the first candidate's score when the two best rounds are taken away. */
  readonly lasting: number;
  readonly lift: Lift | null;
}

const CAUSES_MAX = 5;
const LOOKS_MAX = 8;
/** What an element must explain to be worth a look, in nats. */
const WORTH_A_LOOK = 9;
const LOOKED_AT = 6;
/** How often each cause is fitted anew beside the others. */
const SETTLING = 2;

/** Explains the evidence by as few causes as it asks for: the best one is taken, what it explains is taken as given, and so on. Pure. */
export const search = (setting: Setting, residual: Residual): Finding[] => {
  const findings: Finding[] = [];
  let left = residual;
  let grid = gainGrid(left);
  for (let look = 0; look < LOOKS_MAX && findings.length < CAUSES_MAX; look++) {
    const found = strongest(setting, left, grid);
    if (found === undefined) break;
    // What a cause does beyond what traces show of it comes again: it is explained, and stands in nobody's way.
    if (!findings.some((other) => isTwin(found, other))) findings.push(found);
    const next = explainedBy(setting, left, found);
    grid = gainGrid(next, { grid, residual: left });
    left = next;
  }
  return findings.length < 2 ? findings : settle(setting, residual, findings);
};

const explainedBy = (setting: Setting, residual: Residual, { event, candidates }: Finding): Residual => {
  const first = candidates[0];
  return first === undefined ? residual : explain(residual, event.profile, believed(setting, first.element, event));
};

/** Fits each cause anew beside the others: what the first one took for its own may be another's. What is left of nothing, or echoes another, goes. */
const settle = (setting: Setting, residual: Residual, found: readonly Finding[]): Finding[] => {
  const findings = [...found];
  for (let turn = SETTLING * findings.length - 1; turn >= 0; turn--) {
    const i = turn % Math.max(1, findings.length);
    const one = findings[i];
    const element = one?.candidates[0]?.element;
    if (one === undefined || element === undefined) continue;
    const others = findings.filter((_, j) => j !== i).reduce((left, other) => explainedBy(setting, left, other), residual);
    const again = find(setting, others, element, one.event);
    if (again === undefined || again.lasting < WORTH_A_LOOK) findings.splice(i, 1);
    else findings[i] = again;
  }
  const strongestFirst = findings.toSorted((a, b) => b.lasting - a.lasting);
  return strongestFirst.filter((one, i) => !strongestFirst.slice(0, i).some((other) => isEcho(setting, one, other)));
};

/** The same strength from the same round to the same round: one cause, seen over ways that nobody traced. What stands by itself as a target, an agent or a site is none. */
const isTwin = (one: Finding, other: Finding): boolean => {
  if (!isSameTime(one, other)) return false;
  const alike = (share: number): boolean =>
    isAlike(one.event.loss, other.event.loss, 0.01, share) && isAlike(one.event.liftUs, other.event.liftUs, 1000, share);
  return (isRest(one, other) && alike(0.6)) || (!standsAlone(one) && alike(0.7));
};

const isSameTime = ({ event: { span } }: Finding, { event: { span: other } }: Finding): boolean =>
  Math.abs(span.from - other.from) <= 1 && Math.abs(span.to - other.to) <= 1;

const isAlike = (a: number, b: number, least: number, share: number): boolean => Math.max(a, b) < least || (a > share * b && b > share * a);

/** Worth so little beside another one that it may be what that one left. */
const isRest = (one: Finding, other: Finding): boolean => one.lasting < 0.1 * other.lasting;

const standsAlone = ({ event, candidates }: Finding): boolean => {
  const element = candidates[0]?.element;
  return element !== undefined && isLabelled(element) && fits(element, event);
};

/** Whether a finding is what a stronger one left over: most of its pairs and rounds are the other's, and it is much weaker. */
const isEcho = (setting: Setting, one: Finding, other: Finding): boolean => {
  const ownElement = one.candidates[0]?.element;
  const otherElement = other.candidates[0]?.element;
  if (ownElement === undefined || otherElement === undefined) return false;
  const own = believed(setting, ownElement, one.event);
  const theirs = believed(setting, otherElement, other.event, true);
  let pairs = 0;
  let both = 0;
  own.forEach((belief, pair) => {
    if (belief < 0.5) return;
    pairs++;
    if ((theirs[pair] ?? 0) >= 0.5) both++;
  });
  if (isTwin(one, other)) return true;
  if (isSameTime(one, other) && isRest(one, other) && both >= 0.9 * pairs) return true;
  const rounds = Math.min(one.event.span.to, other.event.span.to) - Math.max(one.event.span.from, other.event.span.from);
  const weaker = one.event.loss < 0.6 * other.event.loss + 0.002 && one.event.liftUs < 0.6 * other.event.liftUs + 1;
  return both >= 0.7 * pairs && rounds >= 0.7 * (one.event.span.to - one.event.span.from) && weaker;
};

const strongest = (setting: Setting, residual: Residual, grid: GainGrid): Finding | undefined => {
  const guesses = screen(residual, setting.elements, grid, WORTH_A_LOOK);
  // What is left of a cause that was found may look large and come to nothing; others stand behind it.
  const vain = new Set<number>();
  for (let batch = 0; batch < BATCHES_MAX; batch++) {
    const chosen = distinct(guesses, vain);
    if (chosen.length === 0) return undefined;
    const looked = chosen.flatMap((guess) => find(setting, residual, guess.element, guess) ?? []);
    const best = looked.toSorted((a, b) => b.lasting - a.lasting)[0];
    if (best !== undefined && best.lasting >= WORTH_A_LOOK) return best;
    for (const { element } of chosen) for (const pair of element.passes.keys()) vain.add(pair);
  }
  return undefined;
};

const BATCHES_MAX = 3;

/** Guesses that differ in whom they touch or when, and touch others than those in vain. */
const distinct = (guesses: readonly Guess[], vain: ReadonlySet<number>): Guess[] => {
  const kept = new Map<string, Guess>();
  for (const guess of guesses) {
    const { pairs } = guess.element.members;
    if (vain.size > 0 && pairs.reduce((sum, pair) => sum + (vain.has(pair) ? 1 : 0), 0) > pairs.length / 2) continue;
    const name = `${pairs.length} ${pairs.subarray(0, 4).join()} ${guess.span.from >> 2}`;
    if (!kept.has(name)) kept.set(name, guess);
    if (kept.size === LOOKED_AT) break;
  }
  return [...kept.values()];
};

/** Fits an event to an element, ranks all elements by it, and does so again from the one that ranks first. */
const find = (
  setting: Setting,
  residual: Residual,
  element: Element,
  guess: Pick<Guess, 'span' | 'loss' | 'liftUs'>,
): Finding | undefined => {
  let event = refine(residual, element, guess);
  let candidates = rankAll(setting, event);
  const first = candidates[0];
  if (first === undefined) return undefined;
  if (first.element !== element) {
    const again = refine(residual, first.element, event);
    const ranked = rankAll(setting, again);
    if ((ranked[0]?.score ?? 0) > first.score) [event, candidates] = [again, ranked];
  }
  const part = partOf(setting, event, candidates[0] ?? first);
  if (part !== undefined) [event, candidates] = [part.event, rankAll(setting, part.event)];
  const score = (candidates[0]?.score ?? 0) - event.cost;
  const rounds = [...event.perRound]
    .filter((value, round) => value > 0 && ((event.profile.loss[round] ?? 0) > 0 || (event.profile.liftUs[round] ?? 0) > 0))
    .toSorted((a, b) => b - a);
  const total = rounds.reduce((sum, value) => sum + value, 0);
  const lasting = total <= 0 ? 0 : score * ((total - (rounds[0] ?? 0) - (rounds[1] ?? 0)) / total);
  return { event, candidates, lasting, lift: liftOf(setting, event) };
};

const rankAll = (setting: Setting, event: Event): Candidate[] => {
  const witnesses = witnessesOf(setting, event);
  return rank(setting, event, (element) => breakOff(setting, witnesses, element) + healthOf(setting, event, element));
};
