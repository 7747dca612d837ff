import type { InterfaceList, InterfaceView } from '../../../protocol/api-machine.ts';
import { go } from '../data/location.ts';
import { useMachine } from '../data/machine.ts';
import { count, plural } from '../format/quantity.ts';
import { bitsText, shareText, speedText } from '../format/traffic.ts';
import { hasWords } from '../format/words.ts';
import { Empty, Failure, Link, Skeleton, Stat } from '../parts/basics.tsx';
import { LineUse } from '../parts/line-use.tsx';
import { State } from '../parts/state.tsx';
import { Search, searchText } from '../parts/search.tsx';
import { Frame } from '../shell/frame.tsx';
import { MachineFailure, MachineTabs, machineTitle } from './machine-parts.tsx';

const crumb = { to: '/fleet', name: 'Fleet' };

/** The agent's own interfaces: what each is, and what it carries now. */
export const InterfacesPage = ({ id }: { readonly id: string }) => {
  const { data, error, reload } = useMachine<InterfaceList>(id, 'interfaces');
  return (
    <Frame title={machineTitle(id, 'Interfaces')} crumb={crumb}>
      <MachineTabs agent={id} current="interfaces" />
      <MachineFailure failure={data?.failure ?? null} />
      {data?.total ? <Totals list={data} total={data.total} /> : null}
      <section class="panel dry">
        {data ? (
          <InterfaceTable agent={id} list={data} />
        ) : error ? (
          <Failure error={error} retry={reload} />
        ) : (
          <Skeleton rows={6} height={31} />
        )}
      </section>
    </Frame>
  );
};

const Totals = ({ list, total }: { readonly list: InterfaceList; readonly total: NonNullable<InterfaceList['total']> }) => {
  const { traffic, counters } = total;
  const up = list.interfaces.filter((one) => one.up === true).length;
  return (
    <dl class="stats wide">
      <Stat
        label="Interfaces"
        value={count(list.interfaces.length)}
        below={`${up} up${list.leftOut > 0 ? `, ${list.leftOut} left out` : ''}`}
      />
      <Stat label="In, all together" value={bitsText(traffic?.inBps)} below={`${count(Math.round(traffic?.inPps ?? 0))} packets/s`} />
      <Stat label="Out, all together" value={bitsText(traffic?.outBps)} below={`${count(Math.round(traffic?.outPps ?? 0))} packets/s`} />
      <Stat
        label="Errors"
        value={percentText(worse(traffic?.inErrorPercent, traffic?.outErrorPercent))}
        below={`${count(counters.errorsIn + counters.errorsOut)} since the boot`}
      />
      <Stat
        label="Drops"
        value={percentText(worse(traffic?.inDropPercent, traffic?.outDropPercent))}
        below={`${count(counters.dropsIn + counters.dropsOut)} since the boot`}
      />
    </dl>
  );
};

export const worse = (a: number | undefined, b: number | undefined): number | null =>
  a === undefined || b === undefined ? null : Math.max(a, b);
export const percentText = (value: number | null): string => (value === null ? '–' : shareText(value / 100));

const InterfaceTable = ({ agent, list }: { readonly agent: string; readonly list: InterfaceList }) => {
  const text = searchText();
  const shown = list.interfaces.filter((one) => hasWords(text, wordsOf(one)));
  if (list.interfaces.length === 0)
    return (
      <Empty title="No look at its interfaces has come yet" command="curl …/api/v1/machine-settings">
        They appear within ten seconds of the agent's first configuration, unless its limits file or the fleet's settings leave them out.
      </Empty>
    );
  return (
    <>
      <div class="panel-head ruled">
        <h2>Interfaces</h2>
        <Search placeholder="Name, kind, address, up, down" label="Filter interfaces" found={plural(shown.length, 'interface')} />
      </div>
      <div class="scroll-x">
        <table class="table dense">
          <thead>
            <tr>
              <th>Interface</th>
              <th>State</th>
              <th class="phone-off">Speed</th>
              <th>Use</th>
              <th class="n">In</th>
              <th class="n">Out</th>
              <th class="n phone-off">Errors</th>
              <th class="n phone-off">Drops</th>
              <th class="phone-off">Addresses</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((one) => (
              <Row key={one.name} agent={agent} one={one} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
};

const wordsOf = ({ name, link, up }: InterfaceView): (string | null | undefined)[] => [
  name,
  link?.kind,
  link?.mac,
  link?.master,
  up === null ? '' : up ? 'up' : 'down',
  ...(link?.addresses.map(({ address }) => address) ?? []),
];

/** up, or why it is not. */
export const LinkState = ({ one: { link, up } }: { readonly one: InterfaceView }) => {
  if (link === null || up === null) return <State shape="waiting" word="not looked at" />;
  if (up) return <State shape="ok" word="up" />;
  return link.adminUp ? <State shape="noReply" word={link.operState} /> : <State shape="off" word="switched off" />;
};

export const interfacePath = (agent: string, name: string): string => `/fleet/${agent}/interfaces/${encodeURIComponent(name)}`;

const Row = ({ agent, one }: { readonly agent: string; readonly one: InterfaceView }) => {
  const { link, traffic } = one;
  const to = interfacePath(agent, one.name);
  return (
    <tr class="link" onClick={() => go(to)}>
      <td>
        <Link to={to} class="name">
          {one.name}
        </Link>{' '}
        <span class="ink3 small phone-off">{[link?.kind, link?.master ? `in ${link.master}` : ''].filter(Boolean).join(', ')}</span>
      </td>
      <td>
        <LinkState one={one} />
      </td>
      <td class="phone-off">
        {speedText(link?.speedBps ?? null)}
        {link?.duplex === 'half' ? <b class="strong"> half duplex</b> : null}
      </td>
      <td>
        <LineUse inRatio={one.inUtilization} outRatio={one.outUtilization} />
      </td>
      <td class="n">{bitsText(traffic?.inBps)}</td>
      <td class="n">{bitsText(traffic?.outBps)}</td>
      <td class="n phone-off">{percentText(worse(traffic?.inErrorPercent, traffic?.outErrorPercent))}</td>
      <td class="n phone-off">{percentText(worse(traffic?.inDropPercent, traffic?.outDropPercent))}</td>
      <td class="phone-off cut">{link?.addresses.map(({ address, prefix }) => `${address}/${prefix}`).join(', ')}</td>
    </tr>
  );
};
