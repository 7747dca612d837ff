import { useEffect, useState } from 'preact/hooks';
import type { Session, SetupState } from '../../../protocol/api.ts';
import { ApiError, get, request } from '../data/api.ts';
import { every, now } from '../data/clock.ts';
import { go, query, zone } from '../data/location.ts';
import { setup, signedIn } from '../data/session.ts';
import { plural, rate } from '../format/quantity.ts';
import { when } from '../format/time.ts';

import { Command } from '../parts/basics.tsx';
import { Fault, PasswordField, strengthOf, TextField } from '../parts/field.tsx';
import { Icon } from '../parts/icons.tsx';
import { Glyph } from '../parts/state.tsx';
import { Plain } from '../shell/frame.tsx';
import { newTarget } from './target-form.ts';
import { SetupTargets } from './setup-targets.tsx';

/** The default task sends ten packets each ten seconds. */
const packetsPerSecond = 1;

/** The login that a name suggests: its first word, in the letters that a login may have. */
export const loginOf = (name: string): string =>
  (name.trim().split(/\s+/)[0] ?? '')
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]/g, '')
    .slice(0, 32);

/** One page, two questions, one button. */
export const SetupPage = ({ state }: { readonly state: SetupState }) => {
  const token = query.value.get('token');
  useEffect(
    () =>
      every(
        2000,
        () =>
          void get<SetupState>(`/setup${token ? `?token=${encodeURIComponent(token)}` : ''}`).then(
            (fresh) => (setup.value = fresh),
            () => undefined,
          ),
      ),
    [token],
  );
  return (
    <Plain
      subtitle="first visit"
      aside={
        /\/\/(127\.|\[::1\]|localhost)/.test(state.listening)
          ? `This page is open to this machine only, ${state.listening.replace(/^https?:\/\//, '')}`
          : `This page is open on ${state.listening}`
      }
    >
      {token && state.tokenExpiresAt !== null ? (
        <Questions state={state} token={token} expiresAt={state.tokenExpiresAt} />
      ) : (
        <NoToken given={token !== null} />
      )}
    </Plain>
  );
};

const NoToken = ({ given }: { readonly given: boolean }) => (
  <div class="setup">
    <h1 class="sentence">{given ? 'This link is used or over' : 'This needs the link from the terminal'}</h1>
    <p class="ink2">Nobody becomes admin by being first. A new link makes older ones worthless.</p>
    <Command>npm run controller -- setup-link</Command>
  </div>
);

const Questions = ({ state, token, expiresAt }: { readonly state: SetupState; readonly token: string; readonly expiresAt: number }) => {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [unticked, setUnticked] = useState<readonly string[]>([]);
  const [added, setAdded] = useState<readonly string[]>([]);
  const [left, setLeft] = useState({ name: false });
  const [failed, setFailed] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const login = loginOf(name);
  const addresses = [...state.found.map((found) => found.address), ...added].filter((address) => !unticked.includes(address));
  const ready = login !== '' && strengthOf(password).bars > 1;

  const start = async (): Promise<void> => {
    setBusy(true);
    setFailed(null);
    try {
      const offered = addresses.filter((address) => !added.includes(address));
      await request('POST', '/setup', { token, name: name.trim(), login, password, addresses: offered });
      for (const address of addresses.filter((one) => added.includes(one))) await request('POST', '/targets', newTarget(address));
      signedIn(await get<Session>('/session'));
      go('/', true);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed([error.message, ...(error.problem.errors ?? []).map((fault) => fault.message)].join('. '));
      setBusy(false);
    }
  };

  return (
    <form
      class="setup"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready && !busy) void start();
      }}
    >
      <h1 class="sentence">Two answers, and {state.hostname} measures</h1>
      <p class="ink2">
        Your link carries the token that the terminal printed. It makes one admin, once, and ends at{' '}
        {when(expiresAt, now.value, zone.value)}.
      </p>
      <div class="panel questions">
        <section>
          <div>
            <h2 class="hero">Who runs it?</h2>
            <p class="ink2">The first admin.</p>
          </div>
          <div class="pair-of-fields">
            <TextField
              label="Name"
              value={name}
              onChange={setName}
              onLeave={() => setLeft({ name: true })}
              autocomplete="name"
              autofocus
              fault={left.name && name !== '' && login === '' ? 'A login needs a letter from a to z or a digit.' : undefined}
              help={
                login ? (
                  <>
                    signs in as <span class="ink">{login}</span>
                  </>
                ) : (
                  'the login is made from it'
                )
              }
            />
            <PasswordField value={password} onChange={setPassword} autocomplete="new-password" measured />
          </div>
        </section>
        <section>
          <div class="stack-small">
            <h2 class="hero">What should this machine measure?</h2>
            <p class="ink2">
              Loopback runs already. The rest was read from this host's routes and resolver settings; nobody was asked yet.
            </p>
            <p class="ink2">Untick what is not yours to measure.</p>
          </div>
          <SetupTargets
            state={state}
            added={added}
            unticked={unticked}
            onAdd={(address) => setAdded([...added, address])}
            onTick={(address, on) => setUnticked(on ? unticked.filter((one) => one !== address) : [...unticked, address])}
          />
        </section>
        <footer>
          <Glyph shape="off" />
          <span>
            <b class="name">{state.packetsBeyondLoopback === 0 ? 'Nothing has left this host yet.' : 'This host has sent packets.'}</b>{' '}
            <span class="ink3 small">{plural(state.packetsBeyondLoopback, 'packet')} sent beyond loopback</span>
          </span>
          {failed ? <Fault>{failed}</Fault> : null}
          <span class="then small ink2">
            {addresses.length === 0
              ? 'then loopback only'
              : `then ${rate(addresses.length * packetsPerSecond)} packets/s to ${plural(addresses.length, 'address', 'addresses')}`}
          </span>
          <button type="submit" class="button primary big" disabled={!ready || busy}>
            {addresses.length === 0 ? 'Loopback only' : 'Start measuring'}
          </button>
        </footer>
      </div>
      <p class="without small ink3">
        <Icon name="terminal" size={14} /> Without a browser: <code>npm start -- --discover</code>, then{' '}
        <code>npm run controller -- user add {login || 'ines'} --admin</code>
      </p>
    </form>
  );
};
