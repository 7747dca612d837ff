import { useState } from 'preact/hooks';
import type { InfluxView, StoreView } from '../../../protocol/store-api.ts';
import { ApiError, request } from '../data/api.ts';
import { duration } from '../format/time.ts';
import { Command, Dialog, Empty, Failure } from '../parts/basics.tsx';
import { SecretField, SelectField, TextField } from '../parts/field.tsx';
import { PhaseMark } from './store-phase.tsx';

const apis = [
  ['auto', 'by its version'],
  ['v1', '/write (1.x)'],
  ['v2', '/api/v2/write'],
] as const;

/** Connects an InfluxDB: what it answers is shown before anything changes. */
export const StoreForm = ({
  view,
  mayChange,
  onChanged,
}: {
  readonly view: StoreView;
  readonly mayChange: boolean;
  readonly onChanged: (view: StoreView) => void;
}) => {
  const [url, setUrl] = useState(view.influx?.url ?? 'http://127.0.0.1:8086');
  const [database, setDatabase] = useState(view.influx?.database ?? 'telegraf');
  const [user, setUser] = useState('');
  const [password, setPassword] = useState('');
  const [token, setToken] = useState('');
  const [org, setOrg] = useState('');
  const [api, setApi] = useState<(typeof apis)[number][0]>('auto');
  const [found, setFound] = useState<InfluxView | null>(null);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const good = URL.canParse(url) && /^https?:/.test(url) && database !== '';
  const ask = async <T,>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: object): Promise<T | null> => {
    setBusy(true);
    setFailed(null);
    try {
      return await request<T>(method, path, body);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
      return null;
    } finally {
      setBusy(false);
    }
  };
  const settings = { url, database, user, password, token, org, api };
  const test = async (): Promise<void> => setFound(await ask<InfluxView>('POST', '/store/test', settings));
  const change = async (method: 'PUT' | 'DELETE'): Promise<void> => {
    const next = await ask<StoreView>(method, '/store/influx', method === 'PUT' ? settings : undefined);
    if (next) onChanged(next);
    setFound(null);
  };
  if (view.fixed || !mayChange)
    return (
      <section class="panel dry">
        <div class="panel-head ruled">
          <h2>Change the store</h2>
        </div>
        <Empty title={view.fixed ? 'Named by the settings' : 'Only admins change the store'}>
          {view.fixed
            ? 'A flag, the environment or controller.yaml names this InfluxDB: change it there and start the controller again.'
            : 'Ask one, or sign in as one.'}
        </Empty>
      </section>
    );
  return (
    <form
      class="panel dry"
      onSubmit={(event) => {
        event.preventDefault();
        if (good && !busy) void test();
      }}
    >
      <div class="panel-head ruled">
        <h2>{view.kind === 'influx' ? 'Another InfluxDB' : 'Connect InfluxDB'}</h2>
      </div>
      <div class="panel-body fields">
        <TextField label="Address" value={url} onChange={setUrl} placeholder="http://127.0.0.1:8086" />
        <TextField label="Database or bucket" value={database} onChange={setDatabase} help="Chronograf looks for hosts in telegraf." />
        <TextField label="User" hint="1.x" value={user} onChange={setUser} />
        <SecretField label="Password" hint="1.x" value={password} onChange={setPassword} />
        <SecretField label="Token" hint="2.x, 3.x" value={token} onChange={setToken} />
        <TextField label="Organisation" hint="2.x" value={org} onChange={setOrg} />
        <SelectField label="Written to" value={api} options={apis} onChange={setApi} />
        {found ? <Answer found={found} /> : null}
        {failed ? <Failure error={failed} /> : null}
        <div class="button-row">
          <button type="submit" class={found ? 'button' : 'button primary'} disabled={!good || busy}>
            Test
          </button>
          {found?.version != null ? (
            <button type="button" class="button primary" disabled={busy} onClick={() => void change('PUT')}>
              Use it, and copy what is here
            </button>
          ) : null}
        </div>
        {view.kind === 'influx' ? (
          <button type="button" class="button quiet" disabled={busy} onClick={() => setLeaving(true)}>
            Back to the embedded store
          </button>
        ) : null}
      </div>
      {leaving ? (
        <Dialog
          title="Write to the embedded store again?"
          action="Change the store"
          danger
          typed="embedded"
          onDone={() => void change('DELETE').then(() => setLeaving(false))}
          onClose={() => setLeaving(false)}
        >
          New rounds go to the embedded store from then on. What InfluxDB has stays there, and these pages do not show it any more.
        </Dialog>
      ) : null}
    </form>
  );
};

const Answer = ({ found }: { readonly found: InfluxView }) => (
  <div class="note">
    <div>
      <p class="strong ink">
        {found.version === null ? 'No answer' : `InfluxDB ${found.version === '' ? '(tells no version)' : found.version}`}{' '}
        {found.version === null ? <PhaseMark phase={found.phase} /> : null}
      </p>
      <p>
        {found.message ??
          `Written to ${found.writePath?.split('?')[0] ?? ''}${found.retentionMs === null ? '' : `, keeps ${duration(found.retentionMs)}`}.`}
      </p>
      {found.commands.map((command) => (
        <Command key={command}>{command}</Command>
      ))}
    </div>
  </div>
);
