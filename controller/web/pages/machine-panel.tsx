import type { HostView, InterfaceList, SocketView } from '../../../protocol/api-machine.ts';
import { useMachine } from '../data/machine.ts';
import { count } from '../format/quantity.ts';
import { bitsText, shareText } from '../format/traffic.ts';
import { Stat } from '../parts/basics.tsx';
import { Glyph } from '../parts/state.tsx';
import { cpuBusy, memoryUsed } from './host.tsx';
import { MachineTabs } from './machine-parts.tsx';

/** The agent's own machine in one row, on the agent's page. */
export const MachinePanel = ({ id }: { readonly id: string }) => {
  const interfaces = useMachine<InterfaceList>(id, 'interfaces').data;
  const sockets = useMachine<SocketView>(id, 'sockets').data;
  const host = useMachine<HostView>(id, 'host').data?.figures ?? null;
  const failure = interfaces?.failure ?? null;
  const down = interfaces?.interfaces.filter(({ up, link }) => up === false && link?.adminUp === true).length ?? 0;
  const open = sockets?.listeners.filter(({ flags }) => flags.includes('every-address')).length ?? 0;
  const unexpected = sockets?.listeners.filter(({ flags }) => flags.includes('unexpected')).length ?? 0;
  const busy = host === null ? null : cpuBusy(host);
  const used = host === null ? null : memoryUsed(host);
  const traffic = interfaces?.total?.traffic;
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>This machine</h2>
        <span class="ink3">{failure ? `not looked at: ${failure.reason}` : 'as its own kernel tells'}</span>
        <span class="grow" />
        <MachineTabs agent={id} />
      </div>
      <dl class="stats wide inner">
        <Stat label="Traffic in" value={bitsText(traffic?.inBps)} below={`out ${bitsText(traffic?.outBps)}`} />
        <Stat
          label="Interfaces"
          value={interfaces ? count(interfaces.interfaces.length) : '–'}
          mark={down > 0 ? <Glyph shape="noReply" /> : null}
          below={down > 0 ? `${down} down` : 'none is down'}
        />
        <Stat
          label="Listeners"
          value={sockets?.tcp ? count(sockets.listeners.length) : '–'}
          mark={unexpected > 0 ? <Glyph shape="degraded" /> : null}
          below={unexpected > 0 ? `${unexpected} unexpected` : `${open} open to every address`}
        />
        <Stat
          label="Ephemeral ports"
          value={sockets?.ephemeral ? shareText(sockets.ephemeralRatio) : '–'}
          below="towards one destination"
        />
        <Stat
          label="Processors"
          value={busy === null ? '–' : shareText(busy / 100)}
          below={host ? `load ${host.load.one.toFixed(2)}` : 'not measured yet'}
        />
        <Stat label="Memory" value={used === null ? '–' : shareText(used)} below="in use" />
      </dl>
    </section>
  );
};
