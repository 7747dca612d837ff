import { useState } from 'preact/hooks';
import type { IncidentView } from '../../../protocol/api.ts';
import { now } from '../data/clock.ts';
import { go, query, setQuery, zone } from '../data/location.ts';
import { useIncidents } from '../data/lists.ts';
import { count, plural } from '../format/quantity.ts';
import { duration, when } from '../format/time.ts';
import { CsvLink, Empty, Failure, Link, Skeleton } from '../parts/basics.tsx';
import { Glyph, type Shape } from '../parts/state.tsx';
import { Frame } from '../shell/frame.tsx';
import { useRowKeys } from '../shell/keys.ts';

export const incidentShape = (incident: IncidentView): Shape => {
  if (incident.state === 'resolved') return 'resolved';
  return incident.acknowledgedAt === null ? 'firing' : 'acknowledged';
};

export const incidentWord = (incident: IncidentView): string =>
  incident.state === 'resolved' ? 'resolved' : incident.acknowledgedAt === null ? 'firing' : 'acknowledged';

export const IncidentsPage = () => {
  const { rows, error, reload } = useIncidents();
  const all = query.value.get('show') === 'all';
  const open = (rows ?? []).filter((incident) => incident.state === 'firing');
  const shown = all ? (rows ?? []) : open;
  return (
    <Frame title="Incidents">
      <div class="row wrap">
        <div class="tab-row" role="group" aria-label="Which incidents">
          <button type="button" aria-pressed={!all} onClick={() => setQuery({ show: null })}>
            Open <span class="ink3 num">{count(open.length)}</span>
          </button>
          <button type="button" aria-pressed={all} onClick={() => setQuery({ show: 'all' })}>
            All <span class="ink3 num">{count(rows?.length ?? 0)}</span>
          </button>
        </div>
        <span class="grow" />
        <CsvLink path={all ? '/incidents' : '/incidents?state=firing'} />
        <Link to="/rules" class="button">
          Rules
        </Link>
        <Link to="/silences" class="button">
          Silences
        </Link>
      </div>
      <section class="panel scroll-x">
        {rows ? <Table rows={shown} all={all} /> : error ? <Failure error={error} retry={reload} /> : <Skeleton />}
      </section>
    </Frame>
  );
};

const Table = ({ rows, all }: { readonly rows: readonly IncidentView[]; readonly all: boolean }) => {
  const [selected, select] = useState(-1);
  useRowKeys(rows.length, selected, select, (index) => {
    const incident = rows[index];
    if (incident) go(`/incidents/${incident.id}`);
  });
  if (rows.length === 0)
    return (
      <Empty
        title={all ? 'No incident yet' : 'No incident is open'}
        action={
          <Link to="/rules" class="button">
            See the rules
          </Link>
        }
      >
        When a rule holds for its time, an incident opens here and its notifiers are told once.
      </Empty>
    );
  return (
    <table class="table">
      <thead>
        <tr>
          <th>Incident</th>
          <th class="phone-off">State</th>
          <th class="phone-off">Severity</th>
          <th class="phone-off">Rule</th>
          <th class="n phone-off">Felt by</th>
          <th class="n">Since</th>
          <th class="n">For</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((incident, index) => (
          <tr key={incident.id} class={index === selected ? 'link on' : 'link'} onClick={() => go(`/incidents/${incident.id}`)}>
            <td class="wide-cell">
              <Link to={`/incidents/${incident.id}`} class="row">
                <Glyph shape={incidentShape(incident)} />
                <span class={incident.state === 'firing' && incident.acknowledgedAt === null ? 'name cut' : 'cut ink2'}>
                  {incident.title}
                </span>
              </Link>
            </td>
            <td class="phone-off">{incidentWord(incident)}</td>
            <td class="phone-off ink2">{incident.severity}</td>
            <td class="phone-off ink2">{incident.rule}</td>
            <td class="n phone-off ink2">{plural(incident.members.length, 'pair')}</td>
            <td class="n">{when(incident.openedAt, now.value, zone.value)}</td>
            <td class="n ink2">{duration((incident.resolvedAt ?? now.value) - incident.openedAt)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};
