import type { HostColumn, HostHistory, HostView } from '../../../protocol/api-machine.ts';
import { AreaChart } from '../charts/area-chart.tsx';
import { useMachine, useMachineHistory } from '../data/machine.ts';
import { phone } from '../data/preferences.ts';
import type { Resource } from '../data/resource.ts';
import { bytesText, count, delayText } from '../format/quantity.ts';
import { duration } from '../format/time.ts';
import { shareText } from '../format/traffic.ts';
import { Empty, Failure, Skeleton, Stat } from '../parts/basics.tsx';
import { Frame } from '../shell/frame.tsx';
import { MachineFailure, MachineTabs, machineTitle, shownSpan, zoom } from './machine-parts.tsx';

const crumb = { to: '/fleet', name: 'Fleet' };

/** The agent's machine: load, memory, temperature, what the agent itself takes, and what the machine is. */
export const HostPage = ({ id }: { readonly id: string }) => {
  const { data, error, reload } = useMachine<HostView>(id, 'host');
  const history = useMachineHistory<HostHistory>(id, 'host');
  return (
    <Frame title={machineTitle(id, 'Host')} crumb={crumb} timed>
      <MachineTabs agent={id} current="host" />
      <MachineFailure failure={data?.failure ?? null} />
      {error && !data ? (
        <section class="panel">
          <Failure error={error} retry={reload} />
        </section>
      ) : null}
      {data?.figures ? <Numbers figures={data.figures} /> : null}
      {data && !data.figures && !data.failure ? (
        <section class="panel">
          <Empty title="No look at its machine has come yet">The first comes within half a minute of the agent's configuration.</Empty>
        </section>
      ) : null}
      <Charts history={history} />
      {data?.figures ? <Own figures={data.figures} /> : null}
      {data?.inventory ? <Facts inventory={data.inventory} /> : null}
    </Frame>
  );
};

type Figures = NonNullable<HostView['figures']>;

export const cpuBusy = ({ cpu }: Figures): number | null => (cpu === null ? null : 100 - cpu.idle);
export const memoryUsed = ({ memory: { mem_total: total, mem_available: available } }: Figures): number | null =>
  total === undefined || available === undefined || total === 0 ? null : 1 - available / total;
const percent = (value: number): string => shareText(value / 100);

const Numbers = ({ figures }: { readonly figures: Figures }) => {
  const { cpu, cpus, load, memory, upS, temperatures, loopLag, spool } = figures;
  const busy = cpuBusy(figures);
  const used = memoryUsed(figures);
  const hottest = temperatures.toSorted((a, b) => b.celsius - a.celsius)[0];
  return (
    <dl class="stats wide">
      <Stat
        label="Processors"
        value={busy === null ? '–' : percent(busy)}
        below={cpu ? `${percent(cpu.iowait)} waiting for disks, ${percent(cpu.steal)} stolen` : 'not measured yet'}
      />
      <Stat label="Load" value={load.one.toFixed(2)} below={`${load.five.toFixed(2)}, ${load.fifteen.toFixed(2)} on ${cpus} processors`} />
      <Stat
        label="Memory"
        value={used === null ? '–' : shareText(used)}
        below={`${bytesText(memory['mem_available'] ?? 0)} available of ${bytesText(memory['mem_total'] ?? 0)}`}
      />
      <Stat
        label="Temperature"
        value={hottest ? hottest.celsius.toFixed(0) : '–'}
        unit={hottest ? '°C' : undefined}
        below={hottest ? hottest.sensor : 'this machine has no sensor'}
      />
      <Stat
        label="Up"
        value={duration(upS * 1_000)
          .split(' ')
          .slice(0, 2)
          .join(' ')}
        below="since its boot"
      />
      <Stat
        label="Agent's lag"
        value={delayText(loopLag?.maxMs ?? null)}
        below={loopLag ? `at most; ${delayText(loopLag.meanMs)} on average` : 'not measured yet'}
      />
      <Stat label="Spool" value={count(spool.rounds)} unit="rounds" below={`${bytesText(spool.bytes)} of ${bytesText(spool.capBytes)}`} />
    </dl>
  );
};

interface Picture {
  readonly title: string;
  readonly words: string;
  readonly names: readonly string[];
  readonly read: (column: HostColumn) => readonly (number | null)[];
  readonly top: number;
  readonly format: (value: number) => string;
}

const pictures: readonly Picture[] = [
  {
    title: 'Processors',
    words: 'mean, and the busiest look in thin',
    names: ['busy', 'busiest'],
    read: (one) => [one.cpuPercent, one.cpuPercentMax],
    top: 100,
    format: percent,
  },
  { title: 'Memory', words: 'not available, of all', names: ['used'], read: (one) => [one.memoryPercent], top: 100, format: percent },
  { title: 'Load', words: 'over one minute', names: ['load'], read: (one) => [one.load1], top: 1, format: (value) => value.toFixed(2) },
  {
    title: "The agent's lag",
    words: 'how late its main loop was at most',
    names: ['lag'],
    read: (one) => [one.loopLagMs],
    top: 5,
    format: (value) => delayText(value),
  },
  {
    title: 'Connections',
    words: 'established, and in TIME-WAIT in thin',
    names: ['established', 'TIME-WAIT'],
    read: (one) => [one.established, one.timeWait],
    top: 10,
    format: count,
  },
  {
    title: 'Ephemeral ports',
    words: 'in use towards one destination, of all',
    names: ['used'],
    read: (one) => [one.ephemeralRatio === null ? null : one.ephemeralRatio * 100],
    top: 10,
    format: percent,
  },
];

const Charts = ({ history: { data, error, reload } }: { readonly history: Resource<HostHistory> }) => {
  if (!data) return <section class="panel">{error ? <Failure error={error} retry={reload} /> : <Skeleton rows={5} height={62} />}</section>;
  if (data.columns.length === 0)
    return (
      <section class="panel">
        <Empty title="Nothing was looked at in this time">A longer range, or another one, may hold something.</Empty>
      </section>
    );
  const stepMs = data.bucketMs > 0 ? data.bucketMs : data.intervalMs;
  return (
    <div class="halves">
      {pictures.map(({ title, words, names, read, top, format }) => {
        const columns = data.columns
          .map((one) => ({ at: one.at, endAt: one.endAt, values: read(one) }))
          .filter(({ values }) => values.some((value) => value !== null));
        // Sockets are looked at less often than the rest: their line is not broken by that.
        const widthMs = columns.length * 2 <= data.columns.length ? 3 * stepMs : stepMs;
        return (
          <section class="panel" key={title}>
            <div class="panel-head">
              <h2>{title}</h2>
              <span class="ink3 cut">{words}</span>
            </div>
            <div class="chart-body">
              <AreaChart
                scene={{ ...shownSpan(), columns, stepMs: widthMs, top, format }}
                names={names}
                height={phone.value ? 150 : 170}
                label={`${title}: ${words}`}
                onZoom={zoom}
              />
            </div>
          </section>
        );
      })}
    </div>
  );
};

const OWN = { agent: 'Agent', icmp: 'ICMP process', snmp: 'SNMP process' } as const;

const Own = ({ figures: { own, temperatures } }: { readonly figures: Figures }) => (
  <div class="columns">
    <section class="panel">
      <div class="panel-head ruled">
        <h2>What the agent takes</h2>
      </div>
      <table class="table dense">
        <thead>
          <tr>
            <th>Process</th>
            <th class="n">Processor</th>
            <th class="n">Memory</th>
            <th class="n phone-off">Threads</th>
          </tr>
        </thead>
        <tbody>
          {own.map(({ name, pid, cpuPercent, rssBytes, threads }) => (
            <tr key={pid}>
              <td>
                {OWN[name]} <span class="ink3">{pid}</span>
              </td>
              <td class="n">{cpuPercent === null ? '–' : percent(cpuPercent)}</td>
              <td class="n">{bytesText(rssBytes)}</td>
              <td class="n phone-off">{threads}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
    {temperatures.length === 0 ? null : (
      <section class="panel">
        <div class="panel-head ruled">
          <h2>Temperatures</h2>
        </div>
        <table class="table dense">
          <tbody>
            {temperatures.map(({ sensor, celsius, criticalCelsius }) => (
              <tr key={sensor}>
                <td>{sensor}</td>
                <td class="n">{celsius.toFixed(1)} °C</td>
                <td class="n ink3">{criticalCelsius === null ? '' : `critical ${criticalCelsius.toFixed(0)} °C`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    )}
  </div>
);

const Facts = ({ inventory: { facts } }: { readonly inventory: NonNullable<HostView['inventory']> }) => {
  const { system, os, cpu, memoryBytes } = facts;
  const rows: readonly (readonly [string, string])[] = [
    ['System', [system.manufacturer, system.model, system.virtual ? '(virtual)' : ''].filter(Boolean).join(' ') || '–'],
    ['OS', `${os.distro} ${os.release}`],
    ['Kernel', `${os.kernel}, ${os.arch}`],
    ['Processor', `${cpu.model}, ${cpu.cores} threads on ${cpu.physicalCores} cores`],
    ['Memory', bytesText(memoryBytes)],
  ];
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>What it is</h2>
        <span class="ink3">asked once an hour, beside the measuring</span>
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
