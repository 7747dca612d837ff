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
import { clockSeconds, duration, when } from '../format/time.ts';
import { Empty, Failure, Link, Skeleton } from '../parts/basics.tsx';
import { Icon } from '../parts/icons.tsx';
import { Glyph } from '../parts/state.tsx';
import { Frame } from '../shell/frame.tsx';
import { Hints } from './incident-hints.tsx';
import { RelatedChanges, Told } from './incident-told.tsx';
import { Timeline } from './incident-timeline.tsx';
import { VerdictPanel } from './incident-verdict.tsx';
import { Ways } from './incident-ways.tsx';
import { incidentShape, incidentWord } from './incidents.tsx';
import { termsOfIncident } from '../../../protocol/match-terms.ts';
import { pairLink } from './pair-table.tsx';
import { SilenceForm } from './silence-form.tsx';

const crumb = { to: '/incidents', name: 'Incidents' };

export const IncidentPage = ({ id }: { readonly id: number }) => {
  const { data, error, reload, set } = useResource<IncidentDetail>(`/incidents/${id}`);
  const [silencing, setSilencing] = useState(false);
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
        {data.state === 'firing' ? (
          <button type="button" class="button" onClick={() => setSilencing(!silencing)}>
            <Icon name="silence" size={14} /> Silence…
          </button>
        ) : null}
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
          <Ways incident={data} />
          <Happened incident={data} />
        </div>
        <div class="stack">
          {silencing ? (
            <SilenceForm
              terms={termsOfIncident(data)}
              own={data.id}
              onClose={() => setSilencing(false)}
              onSaved={() => {
                setSilencing(false);
                reload();
              }}
            />
          ) : null}
          <VerdictPanel verdict={data.verdict} />
          <Hints incident={data.id} />
          <Told incident={data} />
          <RelatedChanges incident={data} />
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
          {index === 0 ? (
            <FirstPair pair={pair} over={quantised} line={incident.line} />
          ) : (
            <PairSpark pair={pair} over={quantised} columns={700} height={48} />
          )}
        </div>
      ))}
      {felt.length === 0 ? (
        <Empty title={incident.members[0]?.agent ?? 'No series'}>{incident.members.map((member) => member.series).join(', ')}</Empty>
      ) : null}
    </section>
  );
};

/** The first series in full; a zoom goes on in its own page. */
const FirstPair = ({ pair, over, line }: { readonly pair: PairView; readonly over: Range; readonly line: IncidentDetail['line'] }) => {
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
      line={line}
      onTable={() => setTable(!table)}
      onZoom={(chosen) => open(zoomTo(chosen))}
      onZoomIn={() => open(zoomIn(over, serverNow()))}
      onZoomOut={() => open(zoomOut(over, serverNow()))}
    />
  );
};

const Happened = ({ incident }: { readonly incident: IncidentDetail }) => (
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
