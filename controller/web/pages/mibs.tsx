import { useState } from 'preact/hooks';
import type { MibView } from '../../../protocol/api-devices.ts';
import { ApiError, request } from '../data/api.ts';
import { now } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { useResource } from '../data/resource.ts';
import { who } from '../data/session.ts';
import { count, plural } from '../format/quantity.ts';
import { ago } from '../format/time.ts';
import { hasWords } from '../format/words.ts';
import { Dialog, Failure, Skeleton } from '../parts/basics.tsx';
import { Search, searchText } from '../parts/search.tsx';
import { Frame } from '../shell/frame.tsx';
import { MibUpload } from './mib-upload.tsx';

const crumb = { to: '/devices', name: 'Devices' };

/** The modules whose names may stand for numbers: those that ship, and those that somebody uploaded. */
export const MibsPage = () => {
  const { data, error, reload } = useResource<{ mibs: MibView[] }>('/mibs');
  const [removing, setRemoving] = useState<MibView | null>(null);
  const mayChange = who.value.state === 'in' && who.value.session.user.role !== 'viewer';
  const text = searchText();
  const shown = (data?.mibs ?? [])
    .filter(({ name, by }) => hasWords(text, [name, by]))
    .toSorted((a, b) => Number(b.uploaded) - Number(a.uploaded) || a.name.localeCompare(b.name));
  return (
    <Frame title="MIB modules" crumb={crumb}>
      {mayChange ? <MibUpload onChanged={reload} /> : null}
      <section class="panel scroll-x">
        <div class="panel-head ruled">
          <Search placeholder="Module, or who uploaded it" label="Filter modules" found={plural(shown.length, 'module')} />
        </div>
        {data ? (
          <MibTable rows={shown} onRemove={mayChange ? setRemoving : null} />
        ) : error ? (
          <Failure error={error} retry={reload} />
        ) : (
          <Skeleton rows={8} />
        )}
      </section>
      {removing ? <Remove mib={removing} onClose={() => setRemoving(null)} onRemoved={reload} /> : null}
    </Frame>
  );
};

const MibTable = ({ rows, onRemove }: { readonly rows: readonly MibView[]; readonly onRemove: ((mib: MibView) => void) | null }) => (
  <table class="table">
    <thead>
      <tr>
        <th>Module</th>
        <th class="n">Names</th>
        <th>From</th>
        <th aria-label="Actions" />
      </tr>
    </thead>
    <tbody>
      {rows.map((mib) => (
        <tr key={mib.name}>
          <td class="name">{mib.name}</td>
          <td class="n">{count(mib.objects)}</td>
          <td class="ink2">{mib.uploaded ? `${mib.by ?? ''}, ${ago(mib.at ?? 0, now.value, zone.value)}` : 'ships with the controller'}</td>
          <td class="n">
            {mib.uploaded && onRemove ? (
              <button type="button" class="button tiny" aria-label={`Remove ${mib.name}`} onClick={() => onRemove(mib)}>
                Remove…
              </button>
            ) : null}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

const Remove = ({ mib, onClose, onRemoved }: { readonly mib: MibView; readonly onClose: () => void; readonly onRemoved: () => void }) => {
  const [failed, setFailed] = useState<ApiError | null>(null);
  const remove = async (): Promise<void> => {
    try {
      await request('DELETE', `/mibs/${encodeURIComponent(mib.name)}`);
      onRemoved();
      onClose();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  return (
    <Dialog title={`Remove ${mib.name}?`} action="Remove" danger onDone={() => void remove()} onClose={onClose}>
      <p>Devices keep the numbers that its names stood for. New ones cannot be named by it.</p>
      {failed ? <Failure error={failed} /> : null}
    </Dialog>
  );
};
