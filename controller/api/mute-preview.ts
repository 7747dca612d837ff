// What a silence or a maintenance window would mute: now, in the last month, and of the fleet.
import { sql } from 'kysely';
import { isSelected } from '../../protocol/labels.ts';
import type { Match } from '../../protocol/mute.ts';
import type { MutePreview } from '../../protocol/notify-api.ts';
import { coversAll, matchesFacet, matchesSome } from '../alerts/telling/match.ts';
import { readSubjects } from '../alerts/telling/subjects.ts';
import { readAgents, readTargets } from '../fleet/model.ts';
import type { State } from '../state/database.ts';

const PAST_MS = 30 * 86_400_000;
const PAST_MOST = 2_000;
const NAMES_MOST = 200;

export const previewMute = async (state: State, match: Match, now: number): Promise<MutePreview> => {
  const open = await state
    .selectFrom('incidents')
    .selectAll()
    .where('state', '=', 'firing')
    .orderBy('opened_at', 'desc')
    .limit(PAST_MOST)
    .execute();
  const past = await state
    .selectFrom('incidents')
    .selectAll()
    .where('opened_at', '>=', now - PAST_MS)
    .orderBy('opened_at', 'desc')
    .limit(sql.lit(PAST_MOST))
    .execute();
  const subjects = await readSubjects(state, open);
  const covered = subjects.filter((subject) => coversAll([match], subject));
  const partly = subjects.filter((subject) => !covered.includes(subject) && matchesSome(match, subject));
  const before = await readSubjects(state, past);
  return {
    open: covered.map(({ row }) => ({ id: row.id, title: row.title })),
    partly: partly.map(({ row }) => ({ id: row.id, title: row.title })),
    past: before.filter((subject) => coversAll([match], subject)).length,
    pastTotal: before.length,
    ...(await fleetUnder(state, match)),
  };
};

/** The pairs of agent and target that it covers, whatever the rule. */
const fleetUnder = async (state: State, match: Match): Promise<Pick<MutePreview, 'pairs' | 'pairsTotal' | 'targets' | 'agents'>> => {
  const agents = await readAgents(state);
  const targets = new Set<string>();
  const felt = new Set<string>();
  let [pairs, pairsTotal] = [0, 0];
  for (const { target } of await readTargets(state))
    for (const agent of agents) {
      if (!isSelected(target.agents, agent.id, agent.labels)) continue;
      pairsTotal += 1;
      const facet = { rule: '', agent: agent.id, agentLabels: agent.labels, target: target.id, targetLabels: target.labels };
      if (!matchesFacet({ ...match, rules: [], severities: [] }, 'critical', facet)) continue;
      pairs += 1;
      targets.add(target.id);
      felt.add(agent.id);
    }
  return { pairs, pairsTotal, targets: [...targets].slice(0, NAMES_MOST), agents: [...felt].slice(0, NAMES_MOST) };
};
