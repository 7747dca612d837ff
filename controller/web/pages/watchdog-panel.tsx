import { useState } from 'preact/hooks';
import type { WatchdogView } from '../../../protocol/watchdog.ts';
import { ApiError, request } from '../data/api.ts';
import { now } from '../data/clock.ts';
import { useAgents } from '../data/lists.ts';
import { zone } from '../data/location.ts';
import { ago, parseDuration, writeDuration } from '../format/time.ts';
import { Failure } from '../parts/basics.tsx';
import { Check, SecretField, TextField } from '../parts/field.tsx';
import { Glyph, type Shape } from '../parts/state.tsx';
import { TokenInput } from '../parts/token-input.tsx';

const shapes: { readonly [S in NonNullable<WatchdogView['heartbeat']>['state']]: Shape } = {
  ok: 'ok',
  waiting: 'pending',
  failing: 'firing',
  held: 'pending',
};

/** Who notices that the controller itself is gone. */
export const WatchdogPanel = ({
  view,
  notifiers,
  onSaved,
}: {
  readonly view: WatchdogView;
  readonly notifiers: readonly { readonly id: string; readonly kind: string }[];
  readonly onSaved: () => void;
}) => {
  const [url, setUrl] = useState('');
  const [every, setEvery] = useState(writeDuration(view.heartbeat?.everyMs ?? 60_000));
  const [allowPrivate, setAllowPrivate] = useState(view.heartbeat?.allowPrivate ?? false);
  const [agents, setAgents] = useState<readonly string[]>(view.agents);
  const [tells, setTells] = useState<readonly string[]>(view.notifiers);
  const [silent, setSilent] = useState(writeDuration(view.silentAfterMs));
  const [failed, setFailed] = useState<ApiError | null>(null);
  const known = useAgents().rows;
  const strangers = known === null ? [] : agents.filter((id) => !known.some((agent) => agent.id === id));
  const [everyMs, silentMs] = [parseDuration(every), parseDuration(silent)];
  const ready = everyMs !== null && everyMs >= 10_000 && silentMs !== null && silentMs >= 60_000 && strangers.length === 0;
  const save = async (heartbeatUrl: string | undefined): Promise<void> => {
    try {
      const body = { heartbeatEveryMs: everyMs, allowPrivate, agents, notifiers: tells, silentAfterMs: silentMs, repeatMs: view.repeatMs };
      await request('PUT', '/watchdog', heartbeatUrl === undefined ? body : { ...body, heartbeatUrl });
      setFailed(null);
      onSaved();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) void save(url.trim() === '' ? undefined : url.trim());
      }}
    >
      <div class="panel-head ruled">
        <h2>Watchdog</h2>
        <span class="ink3">when the controller itself is gone</span>
      </div>
      <div class="panel-body fields">
        {view.heartbeat ? (
          <p class="row">
            <Glyph shape={shapes[view.heartbeat.state]} />
            <span class="ink2 grow">
              Heartbeat to {view.heartbeat.host}:{' '}
              {view.heartbeat.said || (view.heartbeat.at === null ? 'not yet' : ago(view.heartbeat.at, now.value, zone.value))}
            </span>
            <button type="button" class="button quiet tiny" onClick={() => void save('')}>
              Stop
            </button>
          </p>
        ) : null}
        <SecretField
          label="Heartbeat address"
          hint={view.heartbeat ? 'kept; empty leaves it as it is' : 'optional'}
          value={url}
          onChange={setUrl}
        />
        <p class="field-help">Asked while all is well, so that a service outside notices when it stops.</p>
        <div class="address-row">
          <TextField
            label="Every"
            value={every}
            onChange={setEvery}
            fault={everyMs === null || everyMs < 10_000 ? '10 s or more.' : undefined}
          />
          <label class="row">
            <Check checked={allowPrivate} label="The heartbeat's address may be private" onChange={setAllowPrivate} />{' '}
            <span class="ink2">may be private</span>
          </label>
        </div>
        <TokenInput
          label="Agents that page by themselves"
          placeholder="none"
          values={agents}
          onChange={setAgents}
          fault={strangers.length > 0 ? `There is no agent ${strangers.join(', ')}.` : undefined}
          help="What they say travels signed and sealed to each of them; the guard rails of their host hold."
        />
        <TextField
          label="After so long without a word from here"
          value={silent}
          onChange={setSilent}
          fault={silentMs === null || silentMs < 60_000 ? '1 min or more.' : undefined}
        />
        <div class="field">
          <div class="field-head">By</div>
          <div class="row wrap">
            {notifiers
              .filter(({ kind }) => kind !== 'email' && kind !== 'mqtt')
              .map(({ id }) => (
                <label key={id} class="row">
                  <Check
                    checked={tells.includes(id)}
                    label={`agents page by ${id}`}
                    onChange={(on) => setTells(on ? [...tells, id] : tells.filter((one) => one !== id))}
                  />{' '}
                  {id}
                </label>
              ))}
          </div>
        </div>
        {failed ? <Failure error={failed} /> : null}
        <div class="button-row">
          <button type="submit" class="button primary" disabled={!ready}>
            Save watchdog
          </button>
        </div>
      </div>
    </form>
  );
};
