import type { DeviceView, PortView } from '../../../protocol/api-devices.ts';
import { now } from '../data/clock.ts';
import { useDevice, usePorts } from '../data/devices.ts';
import { zone } from '../data/location.ts';
import { count } from '../format/quantity.ts';
import { ago, duration, writeDuration } from '../format/time.ts';
import { bits } from '../format/traffic.ts';
import { Failure, Link, Skeleton, Stat } from '../parts/basics.tsx';
import { DeviceStateMark } from '../parts/device-state.tsx';
import { Frame } from '../shell/frame.tsx';
import { DeviceEvents } from './device-events.tsx';
import { PortTable } from './port-table.tsx';

const crumb = { to: '/devices', name: 'Devices' };

/** One device: what it says of itself, its ports, what changed on it. */
export const DevicePage = ({ id }: { readonly id: string }) => {
  const { data, error, reload } = useDevice(id);
  const ports = usePorts(id);
  const title = (
    <>
      <span class="cut">{data?.name ?? id}</span>
      {data?.vendor ? <span class="chip phone-off">{data.vendor}</span> : null}
    </>
  );
  const tools = (
    <Link to={`/devices/${id}/edit`} class="button">
      Change
    </Link>
  );
  return (
    <Frame title={title} crumb={crumb} tools={tools}>
      {error && !data ? (
        <section class="panel">
          <Failure error={error} retry={reload} />
        </section>
      ) : null}
      {data ? <Numbers device={data} ports={ports.data?.ports ?? []} /> : null}
      {data && data.problems.length > 0 ? <Problems device={data} /> : null}
      <section class="panel">
        {ports.data ? (
          <PortTable device={id} ports={ports.data.ports} />
        ) : ports.error ? (
          <Failure error={ports.error} />
        ) : (
          <Skeleton rows={8} />
        )}
      </section>
      {data ? <About device={data} /> : null}
      <DeviceEvents id={id} />
    </Frame>
  );
};

const sum = (ports: readonly PortView[], read: (port: PortView) => number | undefined): number =>
  ports.reduce((all, port) => all + (read(port) ?? 0), 0);

const Numbers = ({ device, ports }: { readonly device: DeviceView; readonly ports: readonly PortView[] }) => {
  const upTimeCs = device.system?.upTimeCs ?? null;
  // A packet that comes in goes out again: the sum over all ports is what the box carries, not what its neighbours send.
  const physical = ports.filter(({ type }) => type === 6 || type === 117);
  const errors = sum(ports, ({ rates }) => (rates?.inErrorsPerSecond ?? 0) + (rates?.outErrorsPerSecond ?? 0));
  return (
    <dl class="stats wide">
      <Stat label="State" value="" below={<DeviceStateMark device={device} why={false} />} />
      <Stat
        label="Ports up"
        value={String(device.portsUp)}
        unit={`of ${device.portsTotal}`}
        below={`${device.portsDown} down, the rest switched off`}
      />
      <Stat label="In" {...bits(sum(physical, ({ rates }) => rates?.inBitsPerSecond))} below="all Ethernet ports" />
      <Stat label="Out" {...bits(sum(physical, ({ rates }) => rates?.outBitsPerSecond))} below="all Ethernet ports" />
      <Stat label="Errors" value={errors === 0 ? '0' : errors.toFixed(2)} unit="/s" below="in and out, all ports" />
      <Stat label="Up" value={upTimeCs === null ? '–' : duration(upTimeCs * 10)} below="sysUpTime" />
      <Stat
        label="Poll"
        value={device.durationMs === null ? '–' : duration(device.durationMs)}
        below={
          device.answeredAt === null
            ? 'never answered'
            : `${count(device.variables)} values, ${ago(device.answeredAt, now.value, zone.value)}`
        }
      />
    </dl>
  );
};

const Problems = ({ device }: { readonly device: DeviceView }) => (
  <section class="panel">
    <div class="panel-head">
      <h2>What its answers lack</h2>
      <span class="ink3 cut">{device.problems.join(' · ')}</span>
    </div>
  </section>
);

const secretWords = ({ has, access }: DeviceView): string => {
  if (access.version !== '3') return has.community ? 'community kept, never shown' : 'no community';
  const kept = [...(has.authKey ? ['authentication'] : []), ...(has.privKey ? ['privacy'] : [])];
  return kept.length === 0 ? 'no passwords' : `passwords for ${kept.join(' and ')} kept, never shown`;
};

const About = ({ device }: { readonly device: DeviceView }) => {
  const { access, system } = device;
  const rows: readonly (readonly [string, string])[] = [
    ['Address', `${device.address}, port ${device.port}`],
    ['SNMP', `v${access.version}${access.version === '3' ? ` ${access.level} as ${access.user}` : ''}; ${secretWords(device)}`],
    ['Polled', `every ${writeDuration(device.intervalMs)} by ${device.agent}`],
    ['Templates', device.usedTemplates.join(', ') || 'none'],
    ['Name', system?.name || '–'],
    ['Description', system?.descr || '–'],
    ['Place', system?.location || '–'],
    ['Contact', system?.contact || '–'],
  ];
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>About</h2>
      </div>
      <dl class="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
};
