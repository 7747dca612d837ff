import { useEffect, useState } from 'preact/hooks';
import type { AgentView } from '../../../protocol/api.ts';
import { ApiError, request } from '../data/api.ts';
import { now } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { subscribe } from '../data/live.ts';
import { usePairs } from '../data/lists.ts';
import { useResource } from '../data/resource.ts';
import { bytesText, count, plural, rate, signed } from '../format/quantity.ts';
import { duration, iso, when } from '../format/time.ts';
import { CsvLink, Dialog, Empty, Failure, Link, Skeleton, Stat } from '../parts/basics.tsx';
import { TokenInput } from '../parts/token-input.tsx';
import { agentShape, Glyph } from '../parts/state.tsx';
import { Frame } from '../shell/frame.tsx';
import { Presence } from './agent-presence.tsx';
import { Revision } from './fleet.tsx';
import { MachinePanel } from './machine-panel.tsx';
import { PairTable } from './pair-table.tsx';
import { labelFault } from './target-form.ts';

const crumb = { to: '/fleet', name: 'Fleet' };

export const AgentPage = ({ id }: { readonly id: string }) => {
  const { data, error, reload, set } = useResource<AgentView>(`/agents/${encodeURIComponent(id)}`);
  const pairs = usePairs({ agent: id });
  const [asking, setAsking] = useState(false);
  useEffect(
    () =>
      subscribe('agents', (event) => {
        const fresh = event.type === 'agents' ? event.agents.find((agent) => agent.id === id) : undefined;
        if (fresh) set(() => fresh);
      }),
    [id, set],
  );
  if (!data)
    return (
      <Frame title={id} crumb={crumb} timed>
        <section class="panel">{error ? <Failure error={error} retry={reload} /> : <Skeleton />}</section>
      </Frame>
    );
  return (
    <Frame title={id} crumb={crumb} timed>
      <div class="row wrap headline">
        <Glyph shape={agentShape(data.state)} />
        <b class="strong">{data.state}</b>
        <span class="ink2">
          {[data.reason, data.since === null ? '' : `since ${when(data.since, now.value, zone.value)}, ${duration(now.value - data.since)}`]
            .filter(Boolean)
            .join(', ')}
        </span>
        <span class="chip">{data.hostname}</span>
        <span class="grow" />
        {data.state === 'revoked' ? null : (
          <button type="button" class="button" onClick={() => setAsking(true)}>
            Revoke…
          </button>
        )}
      </div>
      <Numbers agent={data} />
      <MachinePanel id={id} />
      <Presence id={id} />
      <section class="panel">
        <div class="panel-head">
          <h2>Targets</h2>
          <span class="ink3">{plural(pairs.rows?.length ?? 0, 'task')}</span>
          <span class="grow" />
          <CsvLink path={`/pairs?agent=${data.id}`} tiny />
        </div>
        {pairs.rows?.length === 0 ? (
          <Empty
            title="No target selects this agent"
            action={
              <Link to="/targets/new" class="button primary">
                Add target
              </Link>
            }
          >
            A target names its agents by label. This one has {Object.keys(data.labels).length === 0 ? 'none yet' : 'the labels below'}.
          </Empty>
        ) : (
          <PairTable pairs={pairs.rows ?? []} without="agent" />
        )}
      </section>
      <div class="columns">
        <Events id={id} />
        <LabelEditor agent={data} onSaved={reload} />
      </div>
      {asking ? <Revoke agent={data} onClose={() => setAsking(false)} onDone={reload} /> : null}
    </Frame>
  );
};

const Numbers = ({ agent }: { readonly agent: AgentView }) => {
  const { status } = agent;
  return (
    <dl class="stats wide">
      <Stat
        label="Version"
        value={status?.version ?? '–'}
        below={status ? status.capabilities.join(', ') || 'no capability' : 'not heard yet'}
      />
      <div class="stat">
        <dt>Revision</dt>
        <dd>
          <Revision agent={agent} />
        </dd>
        <dd class="below">
          {agent.rejected ? `rejected: ${agent.rejected.reason}` : status?.mayBeStale ? 'may be stale' : 'signed, applied'}
        </dd>
      </div>
      <Stat
        label="Clock offset"
        value={status?.clock ? signed(status.clock.offsetMs) : '–'}
        unit="ms"
        below={status?.clock ? `± ${status.clock.boundMs.toFixed(1)} ms` : 'not measured yet'}
      />
      <Stat
        label="Spool"
        value={status ? count(status.spool.rounds) : '–'}
        unit="rounds"
        below={status ? `${bytesText(status.spool.bytes)} of ${bytesText(status.spool.capBytes)}` : ''}
      />
      <Stat
        label="Packets"
        value={rate(agent.packetsPerSecond)}
        unit="/s"
        below={
          status && status.health.guardRailHits > 0
            ? `${count(status.health.guardRailHits)} held back by guard rails`
            : plural(agent.tasks, 'task')
        }
      />
      <Stat
        label="ICMP"
        value={status ? status.health.icmp.replaceAll('-', ' ') : '–'}
        below={
          status?.health.detail ?? (status && status.health.icmpRestarts > 0 ? plural(status.health.icmpRestarts, 'restart') : 'v4 and v6')
        }
      />
      <Stat
        label="Certificate"
        value={
          status?.certificateExpiresAt
            ? duration(Math.max(0, status.certificateExpiresAt - now.value))
                .split(' ')
                .slice(0, 2)
                .join(' ')
            : '–'
        }
        below="left, renews by itself"
      />
    </dl>
  );
};

interface AgentEvent {
  readonly at: number;
  readonly level: string;
  readonly event: string;
  readonly message: string;
}

const Events = ({ id }: { readonly id: string }) => {
  const { data, error, reload } = useResource<{ events: AgentEvent[] }>(`/agents/${encodeURIComponent(id)}/events?limit=50`);
  return (
    <section class="panel">
      <div class="panel-head ruled">
        <h2>Events</h2>
        <span class="ink3">as the agent told them</span>
        <span class="grow" />
        <button type="button" class="button quiet tiny" onClick={reload}>
          Read again
        </button>
      </div>
      {error ? <Failure error={error} retry={reload} /> : null}
      {data?.events.length === 0 ? (
        <Empty title="Nothing happened yet">Restarts, rejected configurations and gaps are told here.</Empty>
      ) : null}
      <ul class="events">
        {data?.events.map((event, index) => (
          <li key={index}>
            <time class="ink3 small">{iso(event.at, zone.value)}</time>
            <Glyph shape={event.level === 'error' ? 'firing' : event.level === 'warn' ? 'degraded' : 'off'} size={9} />
            <span>
              <b class="name">{event.event}</b> <span class="ink2">{event.message}</span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
};

const LabelEditor = ({ agent, onSaved }: { readonly agent: AgentView; readonly onSaved: () => void }) => {
  const saved = Object.entries(agent.labels).map(([key, value]) => `${key}:${value}`);
  const [labels, setLabels] = useState(saved);
  const [answer, setAnswer] = useState<string | null>(null);
  const fault = labels.map(labelFault).find((text) => text !== null);
  const changed = labels.join(' ') !== saved.join(' ');
  const save = async (): Promise<void> => {
    try {
      const body = {
        labels: Object.fromEntries(labels.map((text) => [text.slice(0, text.search(/[:=]/)), text.slice(text.search(/[:=]/) + 1)])),
      };
      const { revision } = await request<{ revision: number }>('PATCH', `/agents/${encodeURIComponent(agent.id)}`, body);
      setAnswer(`Saved as revision ${revision}.`);
      onSaved();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setAnswer(error.message);
    }
  };
  return (
    <section class="panel">
      <div class="panel-head ruled">
        <h2>Labels</h2>
        <span class="ink3">targets select agents by them</span>
      </div>
      <div class="panel-body stack">
        <TokenInput label="Labels" placeholder="country:de" values={labels} onChange={setLabels} fault={fault ?? undefined} />
        <div class="row">
          <button type="button" class="button primary" disabled={!changed || fault !== undefined} onClick={() => void save()}>
            Save labels
          </button>
          <span class="ink2 small" role="status">
            {answer}
          </span>
        </div>
      </div>
    </section>
  );
};

const Revoke = ({ agent, onClose, onDone }: { readonly agent: AgentView; readonly onClose: () => void; readonly onDone: () => void }) => {
  const [failed, setFailed] = useState<ApiError | null>(null);
  const revoke = async (): Promise<void> => {
    try {
      await request('POST', `/agents/${encodeURIComponent(agent.id)}/revoke`);
      onDone();
      onClose();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  return (
    <Dialog title={`Revoke ${agent.id}?`} action="Revoke" danger typed={agent.id} onDone={() => void revoke()} onClose={onClose}>
      <p>Its certificates end now and for ever, and it is cut off. What it measured stays. To come back, it needs a new token.</p>
      {failed ? <Failure error={failed} /> : null}
    </Dialog>
  );
};
