import type { VerdictIncident } from './answer.ts';
import type { VerdictCase } from './case.ts';

/** Rounds of silence until the window's end from which an agent counts as gone. */
const GONE = 4;

/** Agents that spoke in the window and are silent until its end. Where all agents of a site fall silent together, it is their first mile. Pure. */
export const silentAgents = (given: VerdictCase): VerdictIncident[] => {
  const gone = given.agents.id.flatMap((id, agent) => {
    const own = given.pairs.agent.flatMap((of, pair) => (of === agent ? [pair] : []));
    let spoke = given.rounds - 1;
    while (spoke >= 0 && own.every((pair) => (given.series.sent[pair]?.[spoke] ?? null) === null)) spoke--;
    const known = own.length > 0 && spoke >= 0 && given.rounds - 1 - spoke >= GONE;
    return known ? [{ id, site: given.agents.site[agent] ?? null, from: spoke + 1 }] : [];
  });
  const presentAt = (site: string): number =>
    given.agents.id.filter(
      (_, agent) =>
        given.agents.site[agent] === site &&
        given.pairs.agent.some((of, pair) => of === agent && given.series.sent[pair]?.some((sent) => sent !== null)),
    ).length;
  const incidents: VerdictIncident[] = [];
  for (const [site, those] of Map.groupBy(gone, ({ site, id }) => site ?? `agent ${id}`)) {
    const from = Math.min(...those.map(({ from }) => from));
    const together = those.filter((one) => one.from - from <= 1);
    const since = given.start + from * given.step;
    if (together.length >= 2 && together.length === presentAt(site)) {
      incidents.push({ answered: true, since, verdicts: [{ class: 'first-mile', element: site, confidence: 0.95 }] });
      continue;
    }
    for (const one of those)
      incidents.push({
        answered: true,
        since: given.start + one.from * given.step,
        verdicts: [{ class: 'agent', element: one.id, confidence: 0.95 }],
      });
  }
  return incidents;
};
