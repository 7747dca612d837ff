import { witnessesOf } from './break-off.ts';
import type { VerdictAnswer, VerdictIncident } from './answer.ts';
import type { VerdictCase } from './case.ts';
import { conclude } from './conclude.ts';
import { type Deciding, whatWouldDecide } from './deciding.ts';
import { elementsOf } from './elements.ts';
import { readEvidence } from './evidence.ts';
import { believed, type Setting, settingOf } from './rank.ts';
import { nothingExplained } from './residual.ts';
import { type Finding, search } from './search.ts';
import { silentAgents } from './silence.ts';
import { type Statement, testimony } from './testimony.ts';
import { waysOf } from './ways.ts';

/** One cause with what it was concluded from. */
export interface Considered {
  readonly incident: VerdictIncident;
  /** Pairs that it is believed to hit, by number. */
  readonly pairs: readonly number[];
  /** What speaks for and against the first suspect, and what would decide; worked out when asked for. */
  account(): { readonly evidence: readonly Statement[]; readonly deciding: readonly Deciding[] };
}

/** Every cause that began inside the window, with its grounds. Pure. */
export const consider = (given: VerdictCase): Considered[] => {
  const ways = waysOf(given);
  const setting = settingOf(given, ways, elementsOf(given, ways));
  const silent = silentAgents(given).map((incident): Considered => gone(given, incident));
  const found = search(setting, nothingExplained(readEvidence(given))).flatMap((finding): Considered[] => {
    const incident = conclude(given, finding);
    return incident === null ? [] : [considered(setting, finding, incident)];
  });
  return [...silent, ...found];
};

/** Whose fault it is, if anybody's: one incident for each cause that began inside the window. Pure; the same code judges files and live incidents. */
export const judge = (given: VerdictCase): VerdictAnswer => ({ incidents: consider(given).map(({ incident }) => incident) });

const HIT = 0.5;

const considered = (setting: Setting, finding: Finding, incident: VerdictIncident): Considered => {
  const { event, candidates } = finding;
  const element = candidates[0]?.element;
  const hit = element === undefined ? [] : [...believed(setting, element, event)];
  return {
    incident,
    pairs: hit.flatMap((belief, pair) => (belief >= HIT ? [pair] : [])),
    account: () => ({
      evidence: element === undefined ? [] : testimony(setting, event, element, witnessesOf(setting, event)),
      deciding: whatWouldDecide(setting, event, candidates),
    }),
  };
};

const gone = ({ agents, pairs }: VerdictCase, incident: VerdictIncident): Considered => {
  const [first] = incident.verdicts;
  const own = pairs.agent.flatMap((agent, pair) =>
    agents.id[agent] === first?.element || agents.site[agent] === first?.element ? [pair] : [],
  );
  const text = first?.class === 'first-mile' ? 'all agents of the site fell silent together' : 'the agent fell silent while others went on';
  return { incident, pairs: own, account: () => ({ evidence: [{ kind: 'agents', supports: true, text }], deciding: [] }) };
};
