import { useEffect, useState } from 'preact/hooks';
import type { Maintenance } from '../../../protocol/mute.ts';
import type { MaintenancePreview as PreviewSchema, MaintenanceView } from '../../../protocol/notify-api.ts';
import { ApiError, request } from '../data/api.ts';
import { after, serverNow } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { parseDuration, when, writeDuration } from '../format/time.ts';
import { Failure } from '../parts/basics.tsx';
import { Fault, SelectField, TextField } from '../parts/field.tsx';
import { TokenInput } from '../parts/token-input.tsx';
import { readTerms, termsOf } from '../../../protocol/match-terms.ts';
import { MutePreviewBox } from './mute-preview.tsx';
import { idOf } from './target-form.ts';

type Preview = (typeof PreviewSchema)['_output'];

const kinds = [
  ['cron', 'again and again'],
  ['once', 'once'],
] as const;

/** A planned time: when, how long, whom; and when that is next, in the reader's own time. */
export const MaintenanceForm = ({
  maintenance,
  onSaved,
  onClose,
}: {
  readonly maintenance: MaintenanceView | null;
  readonly onSaved: () => void;
  readonly onClose: () => void;
}) => {
  const old = maintenance?.schedule;
  const [name, setName] = useState(maintenance?.name ?? '');
  const [terms, setTerms] = useState<readonly string[]>(maintenance ? termsOf(maintenance.match) : []);
  const [kind, setKind] = useState<'cron' | 'once'>(old?.kind ?? 'cron');
  const [pattern, setPattern] = useState(old?.kind === 'cron' ? old.pattern : '0 2 * * 0');
  const [timeZone, setTimeZone] = useState(old?.kind === 'cron' ? old.timeZone : Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [length, setLength] = useState(
    writeDuration(old?.kind === 'cron' ? old.lengthMinutes * 60_000 : old?.kind === 'once' ? old.endsAt - old.startsAt : 7_200_000),
  );
  const [starts, setStarts] = useState(localText(old?.kind === 'once' ? old.startsAt : serverNow() + 3_600_000));
  const [preview, setPreview] = useState<Preview | null>(null);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const read = readTerms(terms);
  const ms = parseDuration(length);
  const startsAt = new Date(starts).getTime();
  const id = maintenance?.id ?? idOf(name);
  const schedule = (): Maintenance['schedule'] | null => {
    if (ms === null || ms < 60_000) return null;
    if (kind === 'cron') return { kind, pattern: pattern.trim(), timeZone: timeZone.trim(), lengthMinutes: Math.round(ms / 60_000) };
    return Number.isNaN(startsAt) ? null : { kind, startsAt, endsAt: startsAt + ms };
  };
  const planned = schedule();
  const body: Maintenance | null =
    read.ok && planned !== null
      ? { id: id || 'new', name: name.trim() || 'new', enabled: maintenance?.enabled ?? true, match: read.match, schedule: planned }
      : null;
  const text = body === null ? null : JSON.stringify(body);
  useEffect(() => {
    if (text === null) return undefined;
    return after(250, () => {
      request<Preview>('POST', '/maintenance/preview', JSON.parse(text)).then(
        (found) => {
          setPreview(found);
          setFailed(null);
        },
        (error: unknown) => {
          setPreview(null);
          if (error instanceof ApiError) setFailed(error);
        },
      );
    });
  }, [text]);
  const save = async (): Promise<void> => {
    try {
      await request(maintenance ? 'PUT' : 'POST', maintenance ? `/maintenance/${id}` : '/maintenance', body);
      onSaved();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  const ready = body !== null && idOf(name) !== '';
  return (
    <form
      class="panel dry"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void save();
      }}
    >
      <div class="panel-head ruled">
        <h2>{maintenance ? maintenance.name : 'Plan maintenance'}</h2>
      </div>
      <div class="panel-body fields">
        <TextField label="Name" value={name} onChange={setName} placeholder="Sunday night in Frankfurt" autofocus />
        <TokenInput label="Mutes" placeholder="everything" values={terms} onChange={setTerms} fault={read.ok ? undefined : read.fault} />
        <SelectField label="Comes" value={kind} options={kinds} onChange={setKind} />
        {kind === 'cron' ? (
          <>
            <TextField
              label="Begins"
              hint="cron"
              value={pattern}
              onChange={setPattern}
              help="minute, hour, day of month, month, day of week"
            />
            <TextField label="Time zone" value={timeZone} onChange={setTimeZone} />
          </>
        ) : (
          <TextField
            label="Begins"
            value={starts}
            onChange={setStarts}
            placeholder="2027-01-31T22:00"
            fault={Number.isNaN(startsAt) ? 'A date and a time.' : undefined}
          />
        )}
        <TextField
          label="Lasts"
          value={length}
          onChange={setLength}
          fault={ms === null || ms < 60_000 ? 'A time of a minute or more, such as 4 h.' : undefined}
        />
        {preview ? <Next next={preview.maintenance.next} activeUntil={preview.maintenance.activeUntil} /> : null}
        {preview ? <MutePreviewBox preview={preview.mutes} /> : null}
        {failed ? failed.problem.errors?.length ? <Fault>{failed.message}</Fault> : <Failure error={failed} /> : null}
        <div class="button-row">
          <button type="submit" class="button primary" disabled={!ready}>
            Save maintenance
          </button>
          <button type="button" class="button quiet" onClick={onClose}>
            Discard
          </button>
        </div>
      </div>
    </form>
  );
};

/** When it is on, in the zone of the page: that is how a wrong zone shows. */
export const Next = ({ next, activeUntil }: Pick<MaintenanceView, 'next' | 'activeUntil'>) => (
  <div class="small">
    {activeUntil === null ? null : <p class="ink">On now, until {when(activeUntil, serverNow(), zone.value)}</p>}
    {next.map(({ from, to }) => (
      <p key={from} class="ink2">
        {when(from, serverNow(), zone.value)} to {when(to, from, zone.value)}
      </p>
    ))}
    {next.length === 0 && activeUntil === null ? <p class="ink3">Never again</p> : null}
  </div>
);

/** A moment as a person types it, in local time. */
const localText = (at: number): string => {
  const shifted = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
};
