import { useEffect, useState } from 'preact/hooks';
import type { IncidentDetail, PairView } from '../../../protocol/api.ts';
import { PairSpark } from '../charts/pair-spark.tsx';
import { request } from '../data/api.ts';
import { SmokeChart } from '../charts/smoke-chart.tsx';
import { now, serverNow } from '../data/clock.ts';
import { useHistory } from '../data/history.ts';
import { go, setRange, zone } from '../data/location.ts';
import { phone } from '../data/preferences.ts';
import { type Range, spanOf, zoomIn, zoomOut, zoomTo } from '../data/range.ts';
import { subscribe } from '../data/live.ts';
import { usePairs } from '../data/lists.ts';
import { useResource } from '../data/resource.ts';
import { plural, unbroken } from '../format/quantity.ts';
import { clock, clockSeconds, duration, when } from '../format/time.ts';
import { Empty, Failure, Link, Skeleton } from '../parts/basics.tsx';
import { Icon } from '../parts/icons.tsx';
import { Lanes, type LaneSpan } from '../parts/lanes.tsx';
import { Glyph, type Shape } from '../parts/state.tsx';
import { Frame } from '../shell/frame.tsx';
import { VerdictPanel } from './incident-verdict.tsx';
import { incidentShape, incidentWord } from './incidents.tsx';
import { pairLink } from './pair-table.tsx';

const crumb = { to: '/incidents', name: 'Incidents' };

export const IncidentPage = ({ id }: { readonly id: number }) => {
  const { data, error, reload, set } = useResource<IncidentDetail>(`/incidents/${id}`);
  useEffect(
    () =>
      subscribe('incidents', (event) => {
        if (event.type === 'incidents' && event.incidents.some((incident) => incident.id === id)) reload();
      }),
    [id, reload],
  );
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key === 'a' && !event.defaultPrevented && !(event.target instanceof HTMLInputElement)) acknowledge();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });
  const acknowledge = (): void => {
    if (data?.state === 'firing' && data.acknowledgedAt === null)
      void request<IncidentDetail>('POST', `/incidents/${id}/acknowledge`).then((fresh) => set(() => fresh), reload);
  };
  if (!data)
    return (
      <Frame title={String(id)} crumb={crumb}>
        <section class="panel">{error ? <Failure error={error} retry={reload} /> : <Skeleton />}</section>
      </Frame>
    );
  const end = data.resolvedAt ?? now.value;
  return (
    <Frame title={String(id)} crumb={crumb}>
      <div class="incident-head">
        <div class="grow">
          <p class="row wrap small">
            <Glyph shape={incidentShape(data)} />
            <b class="strong">{incidentWord(data)}</b>
            <span class="ink2">
              since {when(data.openedAt, now.value, zone.value)}, {duration(end - data.openedAt)}
            </span>
            <span class="chip">severity {data.severity}</span>
            <span class="chip">rule {data.rule}</span>
          </p>
          <h2 class="sentence">{unbroken(data.title)}</h2>
        </div>
        {data.state === 'firing' && data.acknowledgedAt === null ? (
          <button type="button" class="button primary acknowledge" onClick={acknowledge}>
            <Icon name="check" /> Acknowledge
          </button>
        ) : data.acknowledgedAt !== null ? (
          <span class="ink2 small">
            acknowledged {when(data.acknowledgedAt, now.value, zone.value)} by {data.acknowledgedBy}
          </span>
        ) : null}
      </div>
      <div class="editor">
        <div class="stack">
          <Moment incident={data} end={end} />
          <Timeline incident={data} end={end} />
          <Told incident={data} />
        </div>
        <div class="stack">
          <VerdictPanel verdict={data.verdict} />
          <Notified incident={data} />
        </div>
      </div>
    </Frame>
  );
};

/** Who feels it, each with the smoke around the moment of firing. */
const Moment = ({ incident, end }: { readonly incident: IncidentDetail; readonly end: number }) => {
  const pairs = usePairs();
  const before = Math.max(600_000, (end - incident.openedAt) / 4);
  const over =
    incident.state === 'firing'
      ? ({ kind: 'last', ms: now.peek() - incident.openedAt + before } as const)
      : ({ kind: 'fixed', from: incident.openedAt - before, to: end + before } as const);
  const quantised = over.kind === 'last' ? { kind: 'last' as const, ms: Math.ceil(over.ms / 60_000) * 60_000 } : over;
  const felt = incident.members.flatMap(
    (member) => pairs.rows?.find((pair) => pair.agent === member.agent && pair.target === member.target) ?? [],
  );
  return (
    <section class="panel">
      <div class="panel-head ruled">
        <h2>Around the moment of firing</h2>
        <span class="ink3">{plural(incident.members.length, 'series', 'series')}</span>
      </div>
      {felt.slice(0, 8).map((pair, index) => (
        <div key={pairLink(pair)} class="moment">
          <p class="row">
            <Link to={pairLink(pair)} class="name cut">
              {pair.agent} → {pair.targetName}
            </Link>
            <span class="grow" />
            <span class="ink3 small">since {when(incident.members[index]?.since ?? incident.openedAt, now.value, zone.value)}</span>
          </p>
          {index === 0 ? <FirstPair pair={pair} over={quantised} /> : <PairSpark pair={pair} over={quantised} columns={700} height={48} />}
        </div>
      ))}
      {felt.length === 0 ? (
        <Empty title={incident.members[0]?.agent ?? 'No series'}>{incident.members.map((member) => member.series).join(', ')}</Empty>
      ) : null}
    </section>
  );
};

/** The first series in full; a zoom goes on in its own page. */
const FirstPair = ({ pair, over }: { readonly pair: PairView; readonly over: Range }) => {
  const { data } = useHistory(pair.agent, pair.task, over, phone.value ? 320 : 700);
  const [table, setTable] = useState(false);
  if (!data) return <Skeleton rows={4} height={60} />;
  const open = (next: Range): void => {
    go(pairLink(pair));
    setRange(next);
  };
  return (
    <SmokeChart
      history={data}
      span={spanOf(over, now.value)}
      height={300}
      label={`Round-trip time from ${pair.agent} to ${pair.targetName}`}
      table={table}
      onTable={() => setTable(!table)}
      onZoom={(chosen) => open(zoomTo(chosen))}
      onZoomIn={() => open(zoomIn(over, serverNow()))}
      onZoomOut={() => open(zoomOut(over, serverNow()))}
    />
  );
};

const Timeline = ({ incident, end }: { readonly incident: IncidentDetail; readonly end: number }) => {
  const crossed = Math.min(incident.openedAt, ...incident.members.map((member) => member.since));
  const pad = Math.max(120_000, (end - crossed) / 5);
  const to = incident.resolvedAt === null ? end : end + pad;
  const spans: LaneSpan[] = [
    { from: crossed - pad, to: crossed, tone: 'ok', word: 'ok' },
    { from: crossed, to: incident.openedAt, tone: 'pending', word: 'pending' },
    { from: incident.openedAt, to: end, tone: 'firing', word: 'firing' },
  ];
  if (incident.resolvedAt !== null) spans.push({ from: incident.resolvedAt, to, tone: 'ok', word: 'ok' });
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>Timeline</h2>
        <span class="ink3">event time</span>
      </div>
      <div class="panel-body">
        <Lanes
          from={crossed - pad}
          to={to}
          now={now.value}
          lanes={[{ name: 'Rule', spans }]}
          marks={[crossed, incident.openedAt]}
          ticks={(at) => clock(at, zone.value)}
        />
      </div>
    </section>
  );
};

const Told = ({ incident }: { readonly incident: IncidentDetail }) => (
  <section class="panel">
    <div class="panel-head ruled">
      <h2>What happened</h2>
    </div>
    <ul class="events">
      {incident.events.map((event, index) => (
        <li key={index}>
          <time class="ink3 small">{clockSeconds(event.at, zone.value)}</time>
          <span class="name">{event.kind.replaceAll('-', ' ')}</span>
          <span class="ink2">{event.detail}</span>
        </li>
      ))}
    </ul>
  </section>
);

const noteShape: { readonly [K in 'waiting' | 'delivered' | 'failed']: Shape } = { waiting: 'pending', delivered: 'ok', failed: 'firing' };

const Notified = ({ incident }: { readonly incident: IncidentDetail }) => (
  <section class="panel dry">
    <div class="panel-head ruled">
      <h2>Notified</h2>
    </div>
    {incident.notifications.length === 0 ? (
      <Empty
        title="Nobody was told"
        action={
          <Link to="/rules" class="button tiny">
            Add a notifier
          </Link>
        }
      >
        The rule names no notifier.
      </Empty>
    ) : null}
    <ul class="rows">
      {incident.notifications.map((note, index) => (
        <li key={index} class="row line tall">
          <Glyph shape={noteShape[note.state]} />
          <span class="two grow">
            <span class="name">{note.notifier}</span>
            <small>
              {note.state === 'delivered'
                ? note.attempts > 1
                  ? `delivered after ${plural(note.attempts, 'try', 'tries')}`
                  : 'delivered'
                : `${note.state}, ${plural(note.attempts, 'try', 'tries')}${note.error ? `: ${note.error}` : ''}`}
            </small>
          </span>
          <time class="ink3 small">{clockSeconds(note.deliveredAt ?? note.createdAt, zone.value)}</time>
        </li>
      ))}
    </ul>
  </section>
);
