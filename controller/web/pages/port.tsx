import { useEffect } from 'preact/hooks';
import type { PortColumn, PortHistory, PortView } from '../../../protocol/api-devices.ts';
import { every, serverNow } from '../data/clock.ts';
import { usePort } from '../data/devices.ts';
import { range } from '../data/location.ts';
import { phone } from '../data/preferences.ts';
import { spanOf } from '../data/range.ts';
import { type Resource, useResource } from '../data/resource.ts';
import { bits, bitsText, perSecond, shareText, speedText, whyNoRate } from '../format/traffic.ts';
import { Empty, Failure, Link, Skeleton, Stat } from '../parts/basics.tsx';
import { PortStateMark } from '../parts/device-state.tsx';
import { Icon } from '../parts/icons.tsx';
import { Carried, TrafficPanels } from '../parts/traffic-panels.tsx';
import { Frame } from '../shell/frame.tsx';
import { DeviceEvents } from './device-events.tsx';

const crumb = { to: '/devices', name: 'Devices' };

/** One port: in and out mirrored, errors below, the 95th percentile, and what changed. */
export const PortPage = ({ device, port }: { readonly device: string; readonly port: string }) => {
  const { data, error, reload } = usePort(device, port);
  const history = usePortHistory(device, port);
  const title = (
    <>
      <Link to={`/devices/${device}`}>{device}</Link> <Icon name="right" size={14} class="ink3" />
      <span class="cut">{data?.name ?? port}</span>
      {data?.alias ? <span class="chip phone-off cut">{data.alias}</span> : null}
    </>
  );
  return (
    <Frame title={title} crumb={crumb} timed>
      {error && !data ? (
        <section class="panel">
          <Failure error={error} retry={reload} />
        </section>
      ) : null}
      {data ? <Numbers port={data} history={history.data} /> : null}
      <Charts history={history} />
      <DeviceEvents id={device} port={port} />
    </Frame>
  );
};

const REFRESH_MS = 15_000;

const usePortHistory = (device: string, port: string): Resource<PortHistory> => {
  const shown = range.value;
  const { from, to } = spanOf(shown, Math.ceil(serverNow() / REFRESH_MS) * REFRESH_MS);
  const columns = phone.value ? 320 : 900;
  const path = `/devices/${encodeURIComponent(device)}/ports/${encodeURIComponent(port)}/history?from=${Math.round(from)}&to=${Math.round(to)}&columns=${columns}`;
  const resource = useResource<PortHistory>(path);
  const { reload } = resource;
  useEffect(() => (shown.kind === 'last' ? every(REFRESH_MS, reload) : undefined), [reload, shown.kind]);
  return resource;
};

const Numbers = ({ port, history }: { readonly port: PortView; readonly history: PortHistory | null }) => {
  const { rates } = port;
  const p95 = history?.p95 ?? null;
  const errors = rates ? (rates.inErrorsPerSecond ?? 0) + (rates.outErrorsPerSecond ?? 0) : null;
  const of = (value: number | undefined) => (value === undefined ? { value: '–', unit: '' } : bits(value));
  return (
    <dl class="stats wide">
      <Stat label="State" value="" below={<PortStateMark port={port} />} />
      <Stat
        label="In"
        {...of(rates?.inBitsPerSecond)}
        below={rates ? `${shareText(rates.inUtilizationRatio)} of the line` : whyNoRate(port.noRate)}
      />
      <Stat
        label="Out"
        {...of(rates?.outBitsPerSecond)}
        below={rates ? `${shareText(rates.outUtilizationRatio)} of the line` : whyNoRate(port.noRate)}
      />
      <Stat
        label="95th percentile"
        value={p95 ? bits(Math.max(p95.inBps, p95.outBps)).value : '–'}
        unit={p95 ? bits(Math.max(p95.inBps, p95.outBps)).unit : ''}
        below={p95 ? `in ${bitsText(p95.inBps)}, out ${bitsText(p95.outBps)}` : 'of the range'}
      />
      <Carried totals={history?.totals} />
      <Stat label="Errors" value={perSecond(errors)} unit="/s" below={`broadcast ${shareText(rates?.inBroadcastRatio)} of packets in`} />
      <Stat
        label="Speed"
        value={speedText(port.speedBps)}
        below={`ifIndex ${port.index}${port.physAddress ? `, ${port.physAddress}` : ''}`}
      />
    </dl>
  );
};

const Charts = ({ history: { data, error, reload } }: { readonly history: Resource<PortHistory> }) => {
  if (!data) return <section class="panel">{error ? <Failure error={error} retry={reload} /> : <Skeleton rows={5} height={62} />}</section>;
  if (data.columns.length === 0)
    return (
      <section class="panel">
        <Empty title="Nothing was read in this time">
          A longer range, or another one, may hold something. Rates begin with the second poll.
        </Empty>
      </section>
    );
  return (
    <TrafficPanels
      what={`port ${data.port}`}
      history={data}
      p95={data.p95}
      events={data.events}
      lost={{ title: 'Errors and discards', note: 'a second', read: lostOf, format: perSecond }}
    />
  );
};

const lostOf = (one: PortColumn) =>
  [
    [one.inErrors, one.inDiscards],
    [one.outErrors, one.outDiscards],
  ] as const;
