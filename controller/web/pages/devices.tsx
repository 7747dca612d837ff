import { useState } from 'preact/hooks';
import type { DeviceView } from '../../../protocol/api-devices.ts';
import { now } from '../data/clock.ts';
import { useDevices } from '../data/devices.ts';
import { go, zone } from '../data/location.ts';
import { plural } from '../format/quantity.ts';
import { ago, duration } from '../format/time.ts';
import { hasWords } from '../format/words.ts';
import { CsvLink, Empty, Failure, Link, Skeleton } from '../parts/basics.tsx';
import { Icon } from '../parts/icons.tsx';
import { DeviceStateMark, deviceUrgency } from '../parts/device-state.tsx';
import { Search, searchText } from '../parts/search.tsx';
import { Frame } from '../shell/frame.tsx';
import { useRowKeys } from '../shell/keys.ts';

/** All SNMP devices, those first that need somebody. */
export const DevicesPage = () => {
  const { data, error, reload } = useDevices();
  const text = searchText();
  const shown = (data?.devices ?? [])
    .filter(({ id, name, address, agent, vendor, system }) =>
      hasWords(text, [id, name, address, agent, vendor, system?.name, system?.location]),
    )
    .toSorted((a, b) => deviceUrgency(a) - deviceUrgency(b) || a.name.localeCompare(b.name));
  return (
    <Frame title="Devices">
      <section class="panel scroll-x">
        <div class="panel-head ruled">
          <Search placeholder="Name, address, vendor, place" label="Filter devices" found={plural(shown.length, 'device')} />
          <CsvLink path="/devices" />
          <Link to="/mibs" class="button">
            MIB modules
          </Link>
          <Link to="/devices/new" class="button primary">
            <Icon name="plus" size={14} /> Add device
          </Link>
        </div>
        {data ? (
          <Table rows={shown} none={data.devices.length === 0} />
        ) : error ? (
          <Failure error={error} retry={reload} />
        ) : (
          <Skeleton rows={6} />
        )}
      </section>
    </Frame>
  );
};

const Table = ({ rows, none }: { readonly rows: readonly DeviceView[]; readonly none: boolean }) => {
  const [selected, select] = useState(-1);
  useRowKeys(rows.length, selected, select, (index) => {
    const row = rows[index];
    if (row) go(`/devices/${row.id}`);
  });
  if (none)
    return (
      <Empty
        title="No devices yet"
        action={
          <Link to="/devices/new" class="button primary">
            Add device
          </Link>
        }
        command="npm run controller -- snmp discover 192.0.2.1"
      >
        Name a router or a switch that speaks SNMP. One agent polls it; its ports and their traffic appear with the second poll.
      </Empty>
    );
  return (
    <table class="table">
      <thead>
        <tr>
          <th>Device</th>
          <th>State</th>
          <th class="phone-off">What it is</th>
          <th class="n">Ports up</th>
          <th class="n phone-off">Ports down</th>
          <th class="phone-off">Agent</th>
          <th class="n phone-off">Poll</th>
          <th class="n phone-off">Answered</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((device, index) => (
          <Row key={device.id} device={device} on={index === selected} />
        ))}
      </tbody>
    </table>
  );
};

const Row = ({ device, on }: { readonly device: DeviceView; readonly on: boolean }) => (
  <tr class={on ? 'link on' : 'link'} onClick={() => go(`/devices/${device.id}`)}>
    <td>
      <Link to={`/devices/${device.id}`} class="row">
        <span class="name">{device.name}</span>
        {device.address === device.name ? null : <span class="ink3 small phone-off">{device.address}</span>}
      </Link>
    </td>
    <td>
      <DeviceStateMark device={device} />
    </td>
    <td class="phone-off ink2 cut">{[device.vendor, device.system?.name].filter(Boolean).join(' · ') || '–'}</td>
    <td class="n strong">{device.answeredAt === null ? '–' : device.portsUp}</td>
    <td class={`n phone-off ${device.portsDown > 0 ? 'strong' : 'zero'}`}>{device.answeredAt === null ? '–' : device.portsDown}</td>
    <td class="phone-off ink2">{device.agent}</td>
    <td class="n phone-off ink2">{device.durationMs === null ? '–' : duration(device.durationMs)}</td>
    <td class="n phone-off ink2">{device.answeredAt === null ? 'never' : ago(device.answeredAt, now.value, zone.value)}</td>
  </tr>
);
