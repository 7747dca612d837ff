import { useState } from 'preact/hooks';
import type { MachineSettings } from '../../../protocol/machine-settings.ts';
import { ApiError, request } from '../data/api.ts';
import { useResource } from '../data/resource.ts';
import { plural } from '../format/quantity.ts';
import { parseDuration, writeDuration } from '../format/time.ts';
import { Failure, Skeleton } from '../parts/basics.tsx';
import { Check, TextField } from '../parts/field.tsx';
import { Glyph } from '../parts/state.tsx';
import { Frame } from '../shell/frame.tsx';

const crumb = { to: '/fleet', name: 'Fleet' };

/** What every agent looks at on the machine that it runs on. */
export const MachineSettingsPage = () => {
  const { data, error, reload, set } = useResource<MachineSettings>('/machine-settings');
  return (
    <Frame title="Own machines" crumb={crumb}>
      {data ? (
        <SettingsForm base={data} onSaved={(next) => set(() => next)} />
      ) : (
        <section class="panel">{error ? <Failure error={error} retry={reload} /> : <Skeleton />}</section>
      )}
    </Frame>
  );
};

const SettingsForm = ({ base, onSaved }: { readonly base: MachineSettings; readonly onSaved: (settings: MachineSettings) => void }) => {
  const [net, setNet] = useState({ ...base.net, every: writeDuration(base.net.intervalMs), left: base.net.notNames.join(' ') });
  const [host, setHost] = useState({ ...base.host, every: writeDuration(base.host.intervalMs) });
  const [told, setTold] = useState<string | null>(null);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const [netMs, hostMs] = [parseDuration(net.every), parseDuration(host.every)];
  const netFault = netMs === null || netMs < 1_000 || netMs > 3_600_000 ? 'Between 1 s and 1 h, such as 10 s.' : undefined;
  const hostFault = hostMs === null || hostMs < 5_000 || hostMs > 3_600_000 ? 'Between 5 s and 1 h, such as 30 s.' : undefined;
  const save = async (): Promise<void> => {
    const notNames = net.left.split(/[\s,]+/).filter((word) => word !== '');
    const settings: MachineSettings = {
      net: { enabled: net.enabled, intervalMs: netMs ?? base.net.intervalMs, notNames },
      host: { enabled: host.enabled, intervalMs: hostMs ?? base.host.intervalMs, sockets: host.sockets },
    };
    try {
      const { agents } = await request<{ agents: string[] }>('PUT', '/machine-settings', settings);
      setFailed(null);
      setTold(agents.length === 0 ? 'Saved; no agent had to be told.' : `Saved; ${plural(agents.length, 'agent')} told.`);
      onSaved(settings);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  return (
    <form
      class="panel device-editor"
      onInput={() => setTold(null)}
      onSubmit={(event) => {
        event.preventDefault();
        if (netFault === undefined && hostFault === undefined) void save();
      }}
    >
      <div class="panel-head ruled">
        <h2>What every agent looks at on its own machine</h2>
        <span class="ink3">no packet leaves for it; the limits file of a host may forbid it</span>
      </div>
      <div class="panel-body fields">
        <label class="row">
          <Check checked={net.enabled} label="Interfaces and their traffic" onChange={(enabled) => setNet({ ...net, enabled })} />
          Interfaces and their traffic
        </label>
        <TextField label="Every" short value={net.every} fault={netFault} onChange={(every) => setNet({ ...net, every })} />
        <TextField
          label="But not these interfaces"
          hint="patterns with * and ?"
          placeholder="veth* docker*"
          help="left out on every agent"
          value={net.left}
          onChange={(left) => setNet({ ...net, left })}
        />
        <label class="row">
          <Check checked={host.enabled} label="Processors, memory, load, itself" onChange={(enabled) => setHost({ ...host, enabled })} />
          Processors, memory, load, temperatures, and the agent itself
        </label>
        <TextField label="Host every" short value={host.every} fault={hostFault} onChange={(every) => setHost({ ...host, every })} />
        <label class="row">
          <Check checked={host.sockets} label="Connections and listening ports" onChange={(sockets) => setHost({ ...host, sockets })} />
          Connections by state, listening ports, ephemeral ports, once a minute
        </label>
        {failed ? <Failure error={failed} /> : null}
      </div>
      <div class="save-bar ruled-top">
        <button type="submit" class="button primary big">
          Save change
        </button>
        {told === null ? null : (
          <span class="row small name" role="status">
            <Glyph shape="ok" size={9} />
            {told}
          </span>
        )}
      </div>
    </form>
  );
};
