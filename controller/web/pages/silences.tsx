import { useState } from 'preact/hooks';
import type { IncidentView } from '../../../protocol/api.ts';
import type { MaintenanceView, SilenceView } from '../../../protocol/notify-api.ts';
import { request } from '../data/api.ts';
import { now } from '../data/clock.ts';
import { query, setQuery, zone } from '../data/location.ts';
import { useResource } from '../data/resource.ts';
import { when } from '../format/time.ts';
import { Dialog, Empty, Failure, Skeleton } from '../parts/basics.tsx';
import { Check } from '../parts/field.tsx';
import { Icon } from '../parts/icons.tsx';
import { Glyph, type Shape } from '../parts/state.tsx';
import { Frame } from '../shell/frame.tsx';
import { MaintenanceForm, Next } from './maintenance-form.tsx';
import { termsOf, termsOfIncident } from '../../../protocol/match-terms.ts';
import { SilenceForm } from './silence-form.tsx';

type Editing = 'silence' | 'maintenance' | MaintenanceView | null;

export const SilencesPage = () => {
  const silences = useResource<{ silences: SilenceView[] }>('/silences');
  const maintenance = useResource<{ maintenance: MaintenanceView[] }>('/maintenance');
  const [editing, edit] = useState<Editing>(null);
  // A link in a notification leads here: ?incident=7
  const asked = query.value.get('incident');
  const incident = useResource<IncidentView>(asked === null ? null : `/incidents/${Number(asked)}`).data;
  const closed = (): void => {
    edit(null);
    if (asked !== null) setQuery({ incident: null });
    silences.reload();
    maintenance.reload();
  };
  return (
    <Frame
      title="Silences"
      tools={
        <>
          <button type="button" class="button" aria-label="Plan maintenance" onClick={() => edit('maintenance')}>
            <Icon name="clock" size={14} /> <span class="phone-off">Plan maintenance</span>
          </button>
          <button type="button" class="button primary" onClick={() => edit('silence')}>
            <Icon name="plus" size={14} /> Silence
          </button>
        </>
      }
    >
      <div class="editor">
        <div class="stack">
          <section class="panel dry">
            <div class="panel-head ruled">
              <h2>Silences</h2>
              <span class="ink3">of the last 30 days</span>
            </div>
            {silences.data ? (
              <SilenceRows silences={silences.data.silences} onChanged={silences.reload} />
            ) : silences.error ? (
              <Failure error={silences.error} retry={silences.reload} />
            ) : (
              <Skeleton rows={3} />
            )}
          </section>
          <section class="panel dry">
            <div class="panel-head ruled">
              <h2>Maintenance</h2>
              <span class="ink3">planned, in its own time zone</span>
            </div>
            {maintenance.data ? (
              <MaintenanceRows windows={maintenance.data.maintenance} onEdit={edit} onChanged={maintenance.reload} />
            ) : maintenance.error ? (
              <Failure error={maintenance.error} retry={maintenance.reload} />
            ) : (
              <Skeleton rows={3} />
            )}
          </section>
        </div>
        {asked !== null && incident ? (
          <SilenceForm terms={termsOfIncident(incident)} own={incident.id} onSaved={closed} onClose={closed} />
        ) : editing === 'silence' ? (
          <SilenceForm terms={[]} onSaved={closed} onClose={closed} />
        ) : editing !== null ? (
          <MaintenanceForm
            key={editing === 'maintenance' ? 'new' : editing.id}
            maintenance={editing === 'maintenance' ? null : editing}
            onSaved={closed}
            onClose={closed}
          />
        ) : null}
      </div>
    </Frame>
  );
};

const stateShape: { readonly [S in SilenceView['state']]: Shape } = { active: 'ok', pending: 'pending', over: 'off' };

const SilenceRows = ({ silences, onChanged }: { readonly silences: readonly SilenceView[]; readonly onChanged: () => void }) => {
  if (silences.length === 0)
    return (
      <Empty title="Nothing is silenced">
        A silence mutes the notifications of what it covers until its end. Incidents open and resolve as ever, and what is open still when
        it ends is told then.
      </Empty>
    );
  return (
    <ul class="rows">
      {silences.map((silence) => (
        <li key={silence.id} class={silence.state === 'over' ? 'row line tall ink3' : 'row line tall'}>
          <Glyph shape={stateShape[silence.state]} />
          <span class="two grow">
            <span class="name cut">{termsOf(silence.match).join(' ') || 'everything'}</span>
            <small class="cut">
              {silence.comment}, by {silence.createdBy}
            </small>
          </span>
          <small class="ink3">
            {silence.state === 'over' ? 'ended' : 'until'} {when(silence.endsAt, now.value, zone.value)}
          </small>
          {silence.state === 'over' ? null : (
            <button
              type="button"
              class="button quiet tiny"
              onClick={() => void request('DELETE', `/silences/${silence.id}`).then(onChanged, onChanged)}
            >
              End now
            </button>
          )}
        </li>
      ))}
    </ul>
  );
};

const MaintenanceRows = ({
  windows,
  onEdit,
  onChanged,
}: {
  readonly windows: readonly MaintenanceView[];
  readonly onEdit: (window: MaintenanceView) => void;
  readonly onChanged: () => void;
}) => {
  const [removing, setRemoving] = useState<MaintenanceView | null>(null);
  if (windows.length === 0)
    return (
      <Empty title="No maintenance is planned">
        A window comes once, or by cron in a time zone of its own; it ends by the clock on the wall there.
      </Empty>
    );
  const change = ({ id, name, match, schedule }: MaintenanceView, enabled: boolean): void =>
    void request('PUT', `/maintenance/${id}`, { id, name, match, schedule, enabled }).then(onChanged, onChanged);
  return (
    <ul class="rows">
      {windows.map((window) => (
        <li key={window.id} class="row line tall">
          <Check checked={window.enabled} label={`${window.name} is on`} onChange={(on) => change(window, on)} />
          <span class="two grow">
            <span class="name cut">{window.name}</span>
            <small class="cut">
              {termsOf(window.match).join(' ') || 'everything'}
              {window.schedule.kind === 'cron' ? `, ${window.schedule.pattern} ${window.schedule.timeZone}` : ''}
            </small>
          </span>
          <span class="phone-off">
            <Next next={window.next.slice(0, 1)} activeUntil={window.activeUntil} />
          </span>
          <button type="button" class="button quiet tiny" onClick={() => onEdit(window)}>
            Edit
          </button>
          <button type="button" class="button quiet tiny" onClick={() => setRemoving(window)}>
            Remove
          </button>
        </li>
      ))}
      {removing ? (
        <Dialog
          title={`Remove ${removing.name}?`}
          action="Remove"
          danger
          onDone={() => {
            void request('DELETE', `/maintenance/${removing.id}`).then(onChanged, onChanged);
            setRemoving(null);
          }}
          onClose={() => setRemoving(null)}
        >
          What it mutes now is told within seconds.
        </Dialog>
      ) : null}
    </ul>
  );
};
