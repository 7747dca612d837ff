import { useState } from 'preact/hooks';
import type { InfluxTest, StoreView } from '../../../protocol/store-api.ts';
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
  const [found, setFound] = useState<InfluxTest | null>(null);
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
  const test = async (): Promise<void> => setFound(await ask<InfluxTest>('POST', '/store/test', settings));
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
        {view.kind === 'influx' ? (
          <p class="ink2">
            Copied is what the embedded store holds, and nothing else: what only the InfluxDB in use now has stays in it, and these pages do
            not show it any more once another one is used. Copy it over first, with InfluxDB's own tools, if you want to see it here.
          </p>
        ) : null}
        {failed ? <Failure error={failed} /> : null}
        <div class="button-row">
          <button type="submit" class={found ? 'button' : 'button primary'} disabled={!good || busy}>
            Test
          </button>
          {found?.isUsable ? (
            <button type="button" class="button primary" disabled={busy} onClick={() => void change('PUT')}>
              {view.kind === 'influx' ? 'Use it, and copy what the embedded store has' : 'Use it, and copy what is here'}
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

const Answer = ({ found }: { readonly found: InfluxTest }) => (
  <div class="note" role={found.isUsable ? undefined : 'alert'}>
    <div>
      <p class="strong ink">
        {found.version === null ? 'No answer' : `InfluxDB ${found.version === '' ? '(tells no version)' : found.version}`}{' '}
        {found.phase === 'ok' ? null : <PhaseMark phase={found.phase} />}
      </p>
      <p>{factsOf(found)}</p>
      {found.message === null ? null : <p class="ink">{found.message}.</p>}
      {found.commands.length > 0 ? <p>As an admin of it:</p> : null}
      {found.commands.map((command) => (
        <Command key={command}>{command}</Command>
      ))}
    </div>
  </div>
);

const factsOf = ({ signsIn, mayRead, mayWrite, writePath, retentionMs }: InfluxTest): string =>
  [
    ...(signsIn === null ? [] : [signsIn ? 'Signs in' : 'Does not sign in']),
    ...(mayWrite === null ? [] : [mayWrite ? `may write (${writePath?.split('?')[0] ?? ''})` : 'may not write']),
    ...(mayRead === null ? [] : [mayRead ? 'may read' : 'may not read']),
    ...(retentionMs === null ? [] : [`keeps ${duration(retentionMs)}`]),
  ].join(', ');
