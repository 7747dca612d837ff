import type { InterfaceList, InterfaceView, TrafficColumn, TrafficHistory } from '../../../protocol/api-machine.ts';
import { useMachine, useMachineHistory } from '../data/machine.ts';
import type { Resource } from '../data/resource.ts';
import { count } from '../format/quantity.ts';
import { bitsText, shareText, speedText } from '../format/traffic.ts';
import { Empty, Failure, Skeleton, Stat } from '../parts/basics.tsx';
import { Carried, TrafficPanels } from '../parts/traffic-panels.tsx';
import { Frame } from '../shell/frame.tsx';
import { LinkState, percentText, worse } from './interfaces.tsx';
import { MachineFailure, MachineTabs, machineTitle } from './machine-parts.tsx';

const crumb = { to: '/fleet', name: 'Fleet' };

/** One interface of the agent's own machine: in and out mirrored, errors and drops below, and what it is. */
export const InterfacePage = ({ id, name }: { readonly id: string; readonly name: string }) => {
  const { data, error, reload } = useMachine<InterfaceList>(id, 'interfaces');
  const history = useMachineHistory<TrafficHistory>(id, 'interfaces', `name=${encodeURIComponent(name)}&`);
  const one = data?.interfaces.find((other) => other.name === name);
  return (
    <Frame title={machineTitle(id, name, `interface ${name}`)} crumb={crumb} timed>
      <MachineTabs agent={id} current="interfaces" />
      <MachineFailure failure={data?.failure ?? null} />
      {error && !data ? (
        <section class="panel">
          <Failure error={error} retry={reload} />
        </section>
      ) : null}
      {one ? <Numbers one={one} history={history.data} /> : null}
      {data && !one ? (
        <section class="panel">
          <Empty title={`${name} is not there now`}>What it carried before is below, in its time.</Empty>
        </section>
      ) : null}
      <Charts history={history} name={name} />
      {one?.link ? <Facts one={one} /> : null}
    </Frame>
  );
};

const NO_RATE: Readonly<Record<string, string>> = {
  first: 'rates begin with the second tick',
  reset: 'its counters began anew',
  impossible: 'it counted more than it can carry',
};

const Numbers = ({ one, history }: { readonly one: InterfaceView; readonly history: TrafficHistory | null }) => {
  const { traffic, counters, link } = one;
  const use = (ratio: number | null): string => (ratio === null ? 'of a line of unknown speed' : `${shareText(ratio)} of the line`);
  const why = NO_RATE[one.noDelta ?? ''] ?? 'not measured yet';
  return (
    <dl class="stats wide">
      <Stat label="State" value="" below={<LinkState one={one} />} />
      <Stat label="In" value={bitsText(traffic?.inBps)} below={traffic ? use(one.inUtilization) : why} />
      <Stat label="Out" value={bitsText(traffic?.outBps)} below={traffic ? use(one.outUtilization) : why} />
      <Carried totals={history?.totals} />
      <Stat
        label="Errors"
        value={percentText(worse(traffic?.inErrorPercent, traffic?.outErrorPercent))}
        below={counters ? `${count(counters.errorsIn)} in, ${count(counters.errorsOut)} out` : ''}
      />
      <Stat
        label="Drops"
        value={percentText(worse(traffic?.inDropPercent, traffic?.outDropPercent))}
        below={counters ? `${count(counters.dropsIn)} in, ${count(counters.dropsOut)} out` : ''}
      />
      <Stat label="Speed" value={speedText(link?.speedBps ?? null)} below={link?.duplex ? `${link.duplex} duplex` : 'duplex not told'} />
    </dl>
  );
};

const Charts = ({ history: { data, error, reload }, name }: { readonly history: Resource<TrafficHistory>; readonly name: string }) => {
  if (!data) return <section class="panel">{error ? <Failure error={error} retry={reload} /> : <Skeleton rows={5} height={62} />}</section>;
  if (data.columns.length === 0)
    return (
      <section class="panel">
        <Empty title="Nothing was looked at in this time">A longer range, or another one, may hold something.</Empty>
      </section>
    );
  return (
    <TrafficPanels
      what={`interface ${name}`}
      history={data}
      p95={null}
      events={[]}
      lost={{ title: 'Errors and drops', note: 'of all packets', read: lostOf, format: percentText }}
    />
  );
};

const lostOf = (one: TrafficColumn) =>
  [
    [one.inErrorPercent, one.inDropPercent],
    [one.outErrorPercent, one.outDropPercent],
  ] as const;

const Facts = ({ one: { link } }: { readonly one: InterfaceView }) => {
  if (link === null) return null;
  const rows: readonly (readonly [string, string])[] = [
    [
      'Kind',
      [link.kind, link.master ? `in ${link.master}` : '', link.vlan ? `VLAN ${link.vlan.id} on ${link.vlan.parent ?? '?'}` : '']
        .filter(Boolean)
        .join(', '),
    ],
    ['MTU', link.mtu === null ? '–' : String(link.mtu)],
    ['MAC', link.mac || '–'],
    ['Index', String(link.index)],
    ['networkd', link.networkd ? `${link.networkd.state}${link.networkd.file ? ` by ${link.networkd.file}` : ''}` : 'does not know it'],
    ...link.addresses.map(
      ({ family, address, prefix, mask, broadcast }) =>
        [family === 'v4' ? 'IPv4' : 'IPv6', `${address}/${prefix}, mask ${mask}${broadcast ? `, broadcast ${broadcast}` : ''}`] as const,
    ),
  ];
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>What it is</h2>
        <span class="ink3">looked at once a minute</span>
      </div>
      <dl class="facts">
        {rows.map(([name, value], index) => (
          <div key={index}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
};
