import type { AgentView, PairView } from '../../../protocol/api.ts';
import { Link } from '../parts/basics.tsx';

/** One square an agent, nine a column, by country (or site): loss outweighs degraded, degraded outweighs usual. */
export const FleetField = ({ agents, pairs }: { readonly agents: readonly AgentView[]; readonly pairs: readonly PairView[] }) => {
  const losing = new Set(
    pairs.filter((pair) => pair.state === 'lossy' || pair.state === 'no-reply' || pair.state === 'firing').map((pair) => pair.agent),
  );
  const by = agents.some((agent) => agent.labels['country']) ? 'country' : 'site';
  const groups = [...Map.groupBy(agents, (agent) => agent.labels[by] ?? '')].toSorted(([a], [b]) => a.localeCompare(b));
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>Fleet</h2>
        <span class="ink3">one square an agent{groups.length > 1 ? `, by ${by}` : ''}</span>
        <span class="grow" />
        <span class="row small ink2 phone-off">
          <i class="square usual" /> as usual <i class="square degraded" /> degraded <i class="square loss" /> sees loss{' '}
          <i class="square off" /> off
        </span>
      </div>
      <div class="field-groups">
        {groups.map(([name, members]) => (
          <div key={name}>
            <p class="small ink2">{name === '' ? (groups.length > 1 ? 'other' : '') : name.toUpperCase()}</p>
            <div class="squares">
              {members.map((agent) => (
                <Link
                  key={agent.id}
                  to={`/fleet/${agent.id}`}
                  class={`square ${toneOf(agent, losing.has(agent.id))}`}
                  label={`${agent.id}, ${agent.state}`}
                >
                  {''}
                </Link>
              ))}
            </div>
          </div>
        ))}
      </div>
    </section>
  );
};

const toneOf = (agent: AgentView, losing: boolean): string => {
  if (agent.state === 'off' || agent.state === 'revoked' || agent.state === 'waiting') return 'off';
  if (losing) return 'loss';
  return agent.state === 'degraded' ? 'degraded' : 'usual';
};
