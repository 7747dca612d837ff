import { useState } from 'preact/hooks';
import type { SetupState } from '../../../protocol/api.ts';
import { Spark } from '../charts/spark.tsx';
import { now } from '../data/clock.ts';
import { delay, plural } from '../format/quantity.ts';
import { Check } from '../parts/field.tsx';
import { Icon } from '../parts/icons.tsx';

interface Props {
  readonly state: SetupState;
  readonly added: readonly string[];
  readonly unticked: readonly string[];
  readonly onAdd: (address: string) => void;
  readonly onTick: (address: string, on: boolean) => void;
}

/** What this machine would measure: loopback locked and live, what was found ticked, what a person adds. */
export const SetupTargets = ({ state, added, unticked, onAdd, onTick }: Props) => {
  const found = [...state.found, ...added.map((address) => ({ address, kind: 'added' as const, source: 'typed here', ownNetwork: true }))];
  return (
    <ul class="setup-targets">
      <Loopback state={state} />
      {found.map(({ address, kind, source, ownNetwork }) => (
        <li key={address}>
          <label class="row grow">
            <Check checked={!unticked.includes(address)} label={`Measure ${address}`} onChange={(on) => onTick(address, on)} />
            <span class="two">
              <span>
                <span class="name">{address}</span> <span class="ink2">{kind === 'added' ? '' : kind}</span>
              </span>
              <small>{ownNetwork ? source : `${source}, outside this host's networks`}</small>
            </span>
          </label>
          <span class="ink2 what">icmp every 10 s</span>
          <span class="cost num">
            1.0 <span class="ink3">packets/s</span>
          </span>
        </li>
      ))}
      <AddAddress taken={found.map(({ address }) => address)} onAdd={onAdd} />
    </ul>
  );
};

const Loopback = ({ state }: { readonly state: SetupState }) => {
  const shown = state.loopback?.toSorted((a, b) => b.columns.length - a.columns.length)[0];
  const last = shown?.columns.findLast((column) => column.rtt)?.rtt;
  const rounds = (state.loopback ?? []).reduce((sum, { columns }) => sum + columns.length, 0);
  return (
    <li>
      <span class="row grow">
        <Check checked disabled label="Loopback is measured" />
        <span class="two">
          <span class="name">loopback</span>
          <small>
            <span class="phone-off">127.0.0.1 and ::1, </span>stays on this host
          </small>
        </span>
      </span>
      <span class="what">
        <Spark
          label="Loopback, the last five minutes"
          columns={shown?.columns ?? []}
          off={[]}
          from={now.value - 300_000}
          to={now.value}
          intervalMs={shown?.intervalMs ?? 10_000}
          bucketMs={0}
          now={now.value}
          height={40}
        />
      </span>
      <span class="cost two num">
        <span>
          {last ? <b class="strong">{delay(last.medianMs).value}</b> : 'first round'}{' '}
          <span class="ink3">{last ? delay(last.medianMs).unit : 'in 10 s'}</span>
        </span>
        <small class="row">
          <i class="live-dot" /> live{rounds > 0 ? `, ${plural(rounds, 'round')}` : ''}
        </small>
      </span>
    </li>
  );
};

const AddAddress = ({ taken, onAdd }: { readonly taken: readonly string[]; readonly onAdd: (address: string) => void }) => {
  const [text, setText] = useState<string | null>(null);
  const add = (): void => {
    const address = (text ?? '').trim();
    if (address && !taken.includes(address)) onAdd(address);
    setText(null);
  };
  if (text === null)
    return (
      <li>
        <button type="button" class="row add ink2" onClick={() => setText('')}>
          <Icon name="plus" /> Add an address or a name
        </button>
      </li>
    );
  return (
    <li>
      <input
        class="input"
        value={text}
        aria-label="Address or name"
        placeholder="192.0.2.1, 2001:db8::1 or gw.example.net"
        spellcheck={false}
        ref={(input) => input?.focus()}
        onInput={(event) => setText(event.currentTarget.value)}
        onBlur={add}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          add();
        }}
      />
    </li>
  );
};
