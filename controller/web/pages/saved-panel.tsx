import type { AgentView } from '../../../protocol/api.ts';
import { PairSpark } from '../charts/pair-spark.tsx';
import { useAgents, usePairs } from '../data/lists.ts';
import { zone } from '../data/location.ts';
import { count, delayText, lossText } from '../format/quantity.ts';
import { clockSeconds } from '../format/time.ts';
import { Link } from '../parts/basics.tsx';
import { Glyph, type Shape } from '../parts/state.tsx';
import { pairLink } from './pair-table.tsx';

interface Props {
  readonly saved: { readonly revision: number; readonly agents: readonly string[]; readonly id: string };
  readonly name: string;
}

/** How far a revision has come: each agent as it reports, then the first round. */
export const SavedPanel = ({ saved, name }: Props) => {
  const agents = useAgents();
  const pairs = usePairs({ target: saved.id });
  const waited = saved.agents.flatMap((id) => agents.rows?.find((agent) => agent.id === id) ?? []);
  const reports = waited.map((agent) => ({ agent, ...reportOf(agent, saved.revision) }));
  const applied = reports.filter((report) => report.done).length;
  const first = pairs.rows?.filter((pair) => pair.at !== null).toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0))[0];
  return (
    <aside class="panel dry" aria-live="polite">
      <section>
        <p class="row">
          <b class="strong">Revision {saved.revision}</b> <span class="ink3">signed and sent</span>
        </p>
        <h2 class="hero">
          {saved.agents.length === 0
            ? 'No agent has to change'
            : applied === saved.agents.length
              ? `${applied === 1 ? (reports[0]?.agent.id ?? 'One agent') : `All ${count(applied)} agents`} took it`
              : `${count(applied)} of ${count(saved.agents.length)} agents took it`}
        </h2>
        <p class="small ink2">
          {first?.at
            ? `First round ${clockSeconds(first.at, zone.value)} from ${first.agent}: ${first.medianMs === null ? 'no reply' : delayText(first.medianMs)}, ${first.lossRatio ? `${lossText(first.lossRatio)} lost` : 'nothing lost'}.`
            : `The first round of ${name} comes within its interval.`}
        </p>
      </section>
      <section class="rows">
        <p class="row head">
          <b class="strong">Agents</b> <span class="ink3">{count(saved.agents.length)}</span>
          <span class="grow" />
          <span class="small ink3">as each one reports</span>
        </p>
        {reports.map(({ agent, shape, words }) => (
          <p key={agent.id} class="row line">
            <Glyph shape={shape} />
            <span class="name grow cut">{agent.id}</span>
            <span class="ink2 small">{words}</span>
          </p>
        ))}
      </section>
      {first ? (
        <section>
          <p class="row">
            <Link to={pairLink(first)} class="name cut">
              {first.agent} → {first.targetName}
            </Link>
            <span class="grow" />
            <span class="row small">
              <i class="live-dot" /> live
            </span>
          </p>
          <PairSpark pair={first} height={70} over={{ kind: 'last', ms: 300_000 }} columns={300} />
        </section>
      ) : null}
    </aside>
  );
};

const reportOf = (agent: AgentView, revision: number): { done: boolean; shape: Shape; words: string } => {
  if ((agent.appliedRevision ?? -1) >= revision) return { done: true, shape: 'ok', words: `applied ${agent.appliedRevision}` };
  if (agent.rejected) return { done: false, shape: 'firing', words: `rejected: ${agent.rejected.reason.replaceAll('-', ' ')}` };
  if (agent.state === 'off') return { done: false, shape: 'off', words: 'off, gets it when it is back' };
  return { done: false, shape: 'pending', words: 'sent, not yet reported' };
};
