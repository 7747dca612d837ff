// Which incidents a route, a silence or a maintenance window means. Pure.
import { isSelected, type Labels, type Selector } from '../../../protocol/labels.ts';
import type { Match } from '../../../protocol/mute.ts';
import type { Severity } from '../../../protocol/rule.ts';

/** One series of an incident, with the labels of its two ends. */
export interface Facet {
  readonly rule: string;
  readonly agent: string;
  readonly agentLabels: Labels;
  /** null: it is about the agent itself. */
  readonly target: string | null;
  readonly targetLabels: Labels;
}

/** What is matched: an incident, as far as labels go. */
export interface Subject {
  readonly severity: Severity;
  readonly cause: string;
  /** At least one: an incident without series is one of its rule alone. */
  readonly facets: readonly Facet[];
}

/** Whether one series is meant. */
export const matchesFacet = (match: Match, severity: Severity, facet: Facet): boolean =>
  (match.rules.length === 0 || match.rules.includes(facet.rule)) &&
  (match.severities.length === 0 || match.severities.includes(severity)) &&
  meets(match.agents, facet.agent, facet.agentLabels, 'agent') &&
  meets(match.targets, facet.target, facet.targetLabels, 'target');

/** Whether anything of the incident is meant: for who is told. */
export const matchesSome = (match: Match, { severity, facets }: Subject): boolean =>
  facets.some((facet) => matchesFacet(match, severity, facet));

/** Whether all of the incident is meant by one or the other: for who is not told. What is covered in part still pages. */
export const coversAll = (matches: readonly Match[], { severity, facets }: Subject): boolean =>
  matches.length > 0 && facets.every((facet) => matches.some((match) => matchesFacet(match, severity, facet)));

/** Who has no labels (a target of an agent's own incident) is meant by a selector that asks for none. */
const meets = (selector: Selector, id: string | null, labels: Labels, name: 'agent' | 'target'): boolean =>
  id === null || id === '' ? Object.keys(selector.in).length === 0 : isSelected(selector, id, { ...labels, [name]: id });
