import { useState } from 'preact/hooks';
import type { AgentView } from '../../../protocol/api.ts';
import { now } from '../data/clock.ts';
import { go, query, setQuery, zone } from '../data/location.ts';
import { useAgents } from '../data/lists.ts';
import { count, plural, rate, signed } from '../format/quantity.ts';
import { ago, clock } from '../format/time.ts';
import { CsvLink, Empty, Failure, Labels, Link, Skeleton } from '../parts/basics.tsx';
import { ClockGlyph } from '../parts/clock-glyph.tsx';
import { Icon } from '../parts/icons.tsx';
import { AgentStateMark } from '../parts/state.tsx';
import { Search, searchText } from '../parts/search.tsx';
import { Frame } from '../shell/frame.tsx';
import { useRowKeys } from '../shell/keys.ts';
import { filters, type FilterName, isFilter, matches, urgency } from './fleet-filter.ts';

const tabs: readonly (readonly [FilterName, string])[] = [
  ['all', 'All'],
  ['attention', 'Attention'],
  ['drift', 'Revision drift'],
  ['clock', 'Clock'],
  ['spool', 'Spool filling'],
];

export const FleetPage = () => {
  const { rows, error, reload } = useAgents();
  const text = searchText();
  const wanted = query.value.get('show');
  const filter: FilterName = isFilter(wanted) ? wanted : 'all';
  const shown = (rows ?? [])
    .filter((agent) => filters[filter](agent) && matches(agent, text))
    .toSorted((a, b) => urgency(a) - urgency(b) || a.id.localeCompare(b.id));
  return (
    <Frame title="Fleet">
      <div class="row wrap">
        <div class="tab-row" role="group" aria-label="Which agents">
          {tabs.map(([name, title]) => (
            <button
              key={name}
              type="button"
              aria-pressed={filter === name}
              onClick={() => setQuery({ show: name === 'all' ? null : name })}
            >
              {title} <span class="ink3 num">{count((rows ?? []).filter(filters[name]).length)}</span>
            </button>
          ))}
        </div>
        <span class="grow" />
        <CsvLink path="/agents" />
        <Link to="/machine-settings" class="button">
          Own machines
        </Link>
        <Link to="/enrol" class="button primary">
          <Icon name="plus" size={14} /> Enrol agent
        </Link>
      </div>
      <section class="panel scroll-x">
        <div class="panel-head ruled">
          <Search placeholder="Name, label, version, state" label="Filter agents" found={plural(shown.length, 'agent')} />
        </div>
        {rows ? (
          <AgentTable agents={shown} none={rows.length === 0} />
        ) : error ? (
          <Failure error={error} retry={reload} />
        ) : (
          <Skeleton rows={8} height={31} />
        )}
        {rows && rows.length > 0 ? <Foot agents={rows} /> : null}
      </section>
    </Frame>
  );
};

const Foot = ({ agents }: { readonly agents: readonly AgentView[] }) => {
  const of = (state: AgentView['state']): number => agents.filter((agent) => agent.state === state).length;
  return (
    <div class="panel-foot small ink3">
      <span>{[`${count(of('online'))} online`, `${count(of('degraded'))} degraded`, `${count(of('off'))} off`].join(', ')}</span>
      <span class="grow" />
      <span class="phone-off">{rate(agents.reduce((sum, agent) => sum + agent.packetsPerSecond, 0))} packets/s in the fleet</span>
      <span class="row phone-off">
        <kbd>j</kbd>
        <kbd>k</kbd> move <kbd>Enter</kbd> open
      </span>
    </div>
  );
};

const AgentTable = ({ agents, none }: { readonly agents: readonly AgentView[]; readonly none: boolean }) => {
  const [selected, select] = useState(-1);
  useRowKeys(agents.length, selected, select, (index) => {
    const agent = agents[index];
    if (agent) go(`/fleet/${agent.id}`);
  });
  if (none)
    return (
      <Empty
        title="No agent is enrolled yet"
        action={
          <Link to="/enrol" class="button primary">
            Enrol agent
          </Link>
        }
        command="npm run controller -- token create"
      >
        An agent measures from where it stands. One command on its host, under a minute.
      </Empty>
    );
  if (agents.length === 0)
    return (
      <Empty
        title="No agent matches"
        action={
          <button type="button" class="button" onClick={() => setQuery({ q: null, show: null })}>
            Show all
          </button>
        }
      >
        Take a word out of the filter.
      </Empty>
    );
  return (
    <table class="table dense">
      <thead>
        <tr>
          <th>Agent</th>
          <th>State</th>
          <th class="phone-off">Version</th>
          <th class="phone-off">Revision</th>
          <th class="phone-off">Clock offset ± bound</th>
          <th class="n phone-off">Spool</th>
          <th class="n phone-off">Packets/s</th>
          <th class="phone-off">Labels</th>
          <th class="n">Seen</th>
        </tr>
      </thead>
      <tbody>
        {agents.map((agent, index) => (
          <Row key={agent.id} agent={agent} on={index === selected} />
        ))}
      </tbody>
    </table>
  );
};

const Row = ({ agent, on }: { readonly agent: AgentView; readonly on: boolean }) => {
  const { status } = agent;
  const off = agent.state === 'off';
  const why = off && agent.since !== null ? `since ${clock(agent.since, zone.value)}` : agent.reason;
  return (
    <tr class={on ? 'link on' : 'link'} onClick={() => go(`/fleet/${agent.id}`)}>
      <td>
        <Link to={`/fleet/${agent.id}`} class="name">
          {agent.id}
        </Link>
      </td>
      <td>
        <AgentStateMark agent={agent} why={why} />
      </td>
      <td class="phone-off">{status?.version ?? '–'}</td>
      <td class="phone-off">
        <Revision agent={agent} />
      </td>
      <td class="phone-off">
        {status?.clock ? (
          <span class="row">
            <ClockGlyph offsetMs={status.clock.offsetMs} boundMs={status.clock.boundMs} />
            <span class={Math.abs(status.clock.offsetMs) > 6 ? 'strong' : ''}>{signed(status.clock.offsetMs)}</span>{' '}
            <span class="ink3">± {status.clock.boundMs.toFixed(1)} ms</span>
          </span>
        ) : (
          <span class="ink3">unknown</span>
        )}
      </td>
      <td class="n phone-off">
        {off || !status ? (
          <span class="ink3">unknown</span>
        ) : (
          <span class={status.spool.rounds === 0 ? 'zero' : 'strong'}>{count(status.spool.rounds)}</span>
        )}
      </td>
      <td class={`n phone-off ${agent.packetsPerSecond === 0 ? 'strong' : ''}`}>{rate(agent.packetsPerSecond)}</td>
      <td class="phone-off">
        <Labels labels={agent.labels} most={2} />
      </td>
      <td class={off ? 'n' : 'n ink3'}>{agent.seenAt === null ? 'never' : off ? ago(agent.seenAt, now.value, zone.value) : 'now'}</td>
    </tr>
  );
};

/** What it runs; `481 of 482` when that is not the latest. */
export const Revision = ({ agent }: { readonly agent: AgentView }) => {
  if (agent.appliedRevision === null) return <span class="ink3">none yet</span>;
  if (agent.latestRevision === null || agent.appliedRevision >= agent.latestRevision) return <>{agent.appliedRevision}</>;
  return (
    <>
      <b class="strong">{agent.appliedRevision}</b> <span class="ink3">of {agent.latestRevision}</span>
    </>
  );
};
