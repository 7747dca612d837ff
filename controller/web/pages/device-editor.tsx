import { useState } from 'preact/hooks';
import type { DeviceView } from '../../../protocol/api-devices.ts';
import { ApiError, request } from '../data/api.ts';
import { useAgents } from '../data/lists.ts';
import { go } from '../data/location.ts';
import { useResource } from '../data/resource.ts';
import { Dialog, Empty, Failure, Link, Skeleton } from '../parts/basics.tsx';
import { Glyph } from '../parts/state.tsx';
import { Frame } from '../shell/frame.tsx';
import { DeviceFields } from './device-fields.tsx';
import { type DeviceField, type DeviceForm, deviceFaults, emptyDevice, fromDevice, toDevice } from './device-form.ts';

const crumb = { to: '/devices', name: 'Devices' };

export const DeviceEditorPage = ({ id }: { readonly id: string | null }) => {
  const { data, error, reload } = useResource<DeviceView>(id === null ? null : `/devices/${encodeURIComponent(id)}`);
  if (id !== null && !data)
    return (
      <Frame title={id} crumb={crumb}>
        <section class="panel">{error ? <Failure error={error} retry={reload} /> : <Skeleton />}</section>
      </Frame>
    );
  return <Editor key={id ?? 'new'} base={data} />;
};

const Editor = ({ base }: { readonly base: DeviceView | null }) => {
  const agents = useAgents();
  const [form, setForm] = useState<DeviceForm>(base ? fromDevice(base) : emptyDevice);
  const [left, setLeft] = useState<ReadonlySet<DeviceField>>(new Set());
  const [failed, setFailed] = useState<ApiError | null>(null);
  const [removing, setRemoving] = useState(false);
  const known = (agents.rows ?? []).filter(({ state }) => state !== 'revoked');
  // With one agent there is nothing to choose.
  const filled = form.agent === '' && known.length === 1 ? { ...form, agent: known[0]?.id ?? '' } : form;
  const faults = deviceFaults(filled, base);
  const shown = Object.fromEntries(Object.entries(faults).filter(([field]) => [...left].some((one) => one === field)));
  const save = async (): Promise<void> => {
    const body = toDevice(filled, base);
    try {
      await request(base === null ? 'POST' : 'PUT', base === null ? '/devices' : `/devices/${encodeURIComponent(base.id)}`, body);
      go(`/devices/${'id' in body ? String(body.id) : ''}`);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  const title = base?.name ?? (form.address || 'New device');
  const tools =
    base === null ? null : (
      <button type="button" class="button" onClick={() => setRemoving(true)}>
        Remove…
      </button>
    );
  return (
    <Frame title={title} crumb={crumb} tools={tools}>
      <form
        class="panel device-editor"
        onSubmit={(event) => {
          event.preventDefault();
          setLeft(new Set(Object.keys(faults) as DeviceField[]));
          if (Object.keys(faults).length === 0) void save();
        }}
      >
        <div class="panel-head ruled">
          <h2>Device</h2>
          <span class="ink3">a router, a switch, a host that speaks SNMP</span>
        </div>
        {agents.rows && known.length === 0 ? (
          <Empty
            title="No agent could poll it"
            action={
              <Link to="/enrol" class="button">
                Enrol agent
              </Link>
            }
          >
            Devices are polled by agents. Enrol one that reaches this device.
          </Empty>
        ) : null}
        <DeviceFields
          form={filled}
          base={base}
          agents={known}
          faults={shown}
          onChange={(part) => {
            setForm({ ...filled, ...part });
            setFailed(null);
          }}
          onLeave={(field) => setLeft(new Set([...left, field]))}
        />
        {failed ? (
          <Failure
            error={failed}
            holds={(failed.problem.errors ?? []).map((one) => `${one.path}: ${one.message}`).join(' ') || 'Nothing was changed.'}
          />
        ) : null}
        <div class="save-bar ruled-top">
          <button type="submit" class="button primary big">
            {base === null ? 'Save device' : 'Save change'}
          </button>
          {Object.keys(shown).length > 0 ? (
            <span class="row small name">
              <Glyph shape="firing" size={9} />
              {Object.keys(shown).length === 1 ? 'one field to mend' : `${Object.keys(shown).length} fields to mend`}
            </span>
          ) : null}
          <span class="grow" />
          <button type="button" class="button quiet" onClick={() => go(base === null ? '/devices' : `/devices/${base.id}`)}>
            Discard
          </button>
        </div>
      </form>
      {removing && base ? <Remove id={base.id} name={base.name} onClose={() => setRemoving(false)} /> : null}
    </Frame>
  );
};

const Remove = ({ id, name, onClose }: { readonly id: string; readonly name: string; readonly onClose: () => void }) => {
  const [failed, setFailed] = useState<ApiError | null>(null);
  const remove = async (): Promise<void> => {
    try {
      await request('DELETE', `/devices/${encodeURIComponent(id)}`);
      go('/devices');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFailed(error);
    }
  };
  return (
    <Dialog title={`Remove ${name}?`} action="Remove" danger typed={id} onDone={() => void remove()} onClose={onClose}>
      <p>Its agent stops polling it, its secrets are forgotten. What was measured stays in the store.</p>
      {failed ? <Failure error={failed} /> : null}
    </Dialog>
  );
};
