import { useState } from 'preact/hooks';
import type { ListenerView, SocketView } from '../../../protocol/api-machine.ts';
import { ApiError, request } from '../data/api.ts';
import { now } from '../data/clock.ts';
import { zone } from '../data/location.ts';
import { useMachine } from '../data/machine.ts';
import { count, plural } from '../format/quantity.ts';
import { iso, when } from '../format/time.ts';
import { shareText } from '../format/traffic.ts';
import { Empty, Failure, Skeleton, Stat } from '../parts/basics.tsx';
import { ShareBar } from '../parts/line-use.tsx';
import { Glyph } from '../parts/state.tsx';
import { Frame } from '../shell/frame.tsx';
import { MachineFailure, MachineTabs, machineTitle } from './machine-parts.tsx';

const crumb = { to: '/fleet', name: 'Fleet' };

/** Connections by state, listening ports with what deserves a look, and how many ephemeral ports are left. */
export const PortsPage = ({ id }: { readonly id: string }) => {
  const { data, error, reload, set } = useMachine<SocketView>(id, 'sockets');
  return (
    <Frame title={machineTitle(id, 'Connections and ports')} crumb={crumb}>
      <MachineTabs agent={id} current="ports" />
      <MachineFailure failure={data?.failure ?? null} />
      {data?.tcp ? <Numbers view={data} /> : null}
      <section class="panel dry">
        {data ? (
          <Listeners agent={id} view={data} onSaved={(view) => set(() => view)} />
        ) : error ? (
          <Failure error={error} retry={reload} />
        ) : (
          <Skeleton rows={6} height={31} />
        )}
      </section>
      {data?.tcp ? (
        <div class="columns">
          <States tcp={data.tcp} />
          <Changes changes={data.changes} />
        </div>
      ) : null}
    </Frame>
  );
};

const EPHEMERAL_WARNING = 0.8;

const Numbers = ({ view }: { readonly view: SocketView }) => {
  const { tcp, ephemeral, listeners } = view;
  const flagged = (flag: ListenerView['flags'][number]): number => listeners.filter(({ flags }) => flags.includes(flag)).length;
  const low = view.ephemeralRatio >= EPHEMERAL_WARNING;
  return (
    <dl class="stats wide">
      <Stat label="Established" value={count(tcp?.established ?? 0)} below={`${count(tcp?.time_wait ?? 0)} in TIME-WAIT`} />
      <Stat label="UDP sockets" value={count(view.udp ?? 0)} below={view.cut ? 'more than are looked at' : 'with and without clients'} />
      <Stat label="Listeners" value={count(listeners.length)} below={`${flagged('every-address')} open to every address`} />
      <Stat
        label="Unexpected"
        value={count(flagged('unexpected'))}
        mark={flagged('unexpected') > 0 ? <Glyph shape="degraded" /> : null}
        below={view.expectedBy === null ? 'against the first look' : `against what ${view.expectedBy} expects`}
      />
      <Stat
        label="Conflicts"
        value={count(flagged('conflict'))}
        mark={flagged('conflict') > 0 ? <Glyph shape="degraded" /> : null}
        below="two programs, one port"
      />
      <Stat
        label="Ephemeral ports"
        value={shareText(view.ephemeralRatio)}
        mark={low ? <Glyph shape="firing" /> : null}
        below={
          ephemeral === null
            ? 'the kernel does not tell'
            : ephemeral.worst === null
              ? `of ${count(ephemeral.size)}, none towards anybody`
              : `${count(ephemeral.worst.used)} of ${count(ephemeral.size)} towards ${ephemeral.worst.address} port ${ephemeral.worst.port}${low ? ': nearly used up' : ''}`
        }
      />
    </dl>
  );
};

const FLAG_WORDS = { 'every-address': 'open to every address', unexpected: 'unexpected', conflict: 'conflict' } as const;

const Listeners = ({
  agent,
  view,
  onSaved,
}: {
  readonly agent: string;
  readonly view: SocketView;
  readonly onSaved: (view: SocketView) => void;
}) => {
  const [failed, setFailed] = useState<ApiError | null>(null);
  const unexpected = view.listeners.filter(({ flags }) => flags.includes('unexpected')).length;
  const expect = async (): Promise<void> => {
    try {
      const listeners = view.listeners.map(({ protocol, address, port }) => ({ protocol, address, port }));
      onSaved(await request<SocketView>('PUT', `/agents/${encodeURIComponent(agent)}/sockets/expected`, { listeners }));
      setFailed(null);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  if (view.tcp === null)
    return (
      <Empty title="No look at its sockets has come yet">
        They are looked at once a minute, unless the limits file or the fleet's settings leave them out.
      </Empty>
    );
  return (
    <>
      <div class="panel-head ruled">
        <h2>Listening ports</h2>
        <span class="ink3">{plural(view.listeners.length, 'listener')}</span>
        <span class="grow" />
        {unexpected + view.missing.length > 0 ? (
          <button type="button" class="button tiny" onClick={() => void expect()}>
            All of these are expected
          </button>
        ) : null}
      </div>
      {failed ? <Failure error={failed} /> : null}
      {view.missing.length > 0 ? <p class="note ink2">Expected, and nobody listens there now: {view.missing.join(', ')}.</p> : null}
      <div class="scroll-x">
        <table class="table dense">
          <thead>
            <tr>
              <th>Port</th>
              <th>Address</th>
              <th>Process</th>
              <th>To look at</th>
              <th class="n phone-off">Since</th>
            </tr>
          </thead>
          <tbody>
            {view.listeners.map((one, index) => (
              <tr key={index}>
                <td>
                  <span class="name">{one.port}</span> <span class="ink3">{one.protocol}</span>
                </td>
                <td>{one.address}</td>
                <td>
                  {one.process === null ? (
                    <span class="ink3">user {one.uid}, not readable</span>
                  ) : (
                    `${one.process.name} (${one.process.pid})`
                  )}
                </td>
                <td>
                  {one.flags.length === 0 ? (
                    <span class="ink3">–</span>
                  ) : (
                    <span class="row">
                      <Glyph shape={one.flags.some((flag) => flag !== 'every-address') ? 'degraded' : 'pending'} />
                      {one.flags.map((flag) => FLAG_WORDS[flag]).join(', ')}
                    </span>
                  )}
                </td>
                <td class="n phone-off">{one.since === null ? '–' : when(one.since, now.value, zone.value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
};

const WORDS: Readonly<Record<string, string>> = {
  established: 'Established',
  syn_sent: 'SYN sent',
  syn_recv: 'SYN received',
  fin_wait1: 'FIN-WAIT-1',
  fin_wait2: 'FIN-WAIT-2',
  time_wait: 'TIME-WAIT',
  close: 'Closed',
  close_wait: 'CLOSE-WAIT',
  last_ack: 'LAST-ACK',
  listen: 'Listening',
  closing: 'CLOSING',
};

const States = ({ tcp }: { readonly tcp: NonNullable<SocketView['tcp']> }) => {
  const most = Math.max(1, ...Object.values(tcp));
  return (
    <section class="panel">
      <div class="panel-head ruled">
        <h2>TCP by state</h2>
        <span class="ink3">RFC 9293</span>
      </div>
      <table class="table dense">
        <tbody>
          {Object.entries(tcp).map(([state, sockets]) => (
            <tr key={state}>
              <td>{WORDS[state] ?? state}</td>
              <td>
                <ShareBar ratio={sockets / most} />
              </td>
              <td class={`n ${sockets === 0 ? 'zero' : ''}`}>{count(sockets)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
};

const Changes = ({ changes }: { readonly changes: SocketView['changes'] }) => (
  <section class="panel">
    <div class="panel-head ruled">
      <h2>What changed</h2>
      <span class="ink3">newest first</span>
    </div>
    {changes.length === 0 ? <Empty title="No listener came or went">What begins or ends to listen is told here.</Empty> : null}
    <ul class="events">
      {changes.map((event, index) => (
        <li key={index}>
          <time class="ink3 small">{iso(event.at, zone.value)}</time>
          <Glyph shape={event.level === 'warning' ? 'degraded' : 'off'} size={9} />
          <span>{event.message}</span>
        </li>
      ))}
    </ul>
  </section>
);
