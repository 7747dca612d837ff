import { useEffect, useState } from 'preact/hooks';
import type { PairView } from '../../../protocol/api.ts';
import { SmokeChart } from '../charts/smoke-chart.tsx';
import { pairPath } from '../data/api.ts';
import { now, serverNow } from '../data/clock.ts';
import { useHistory } from '../data/history.ts';
import { range, setRange, span, usualRange } from '../data/location.ts';
import { subscribe } from '../data/live.ts';
import { usePairs } from '../data/lists.ts';
import { phone } from '../data/preferences.ts';
import { zoomIn, zoomOut, zoomTo } from '../data/range.ts';
import { useResource } from '../data/resource.ts';
import { delay, lossPercent, plural, type Quantity } from '../format/quantity.ts';
import { duration, writeDuration } from '../format/time.ts';
import { Failure, Link, Skeleton, Stat } from '../parts/basics.tsx';
import { Icon } from '../parts/icons.tsx';
import { Glyph, pairShape, PairStateMark } from '../parts/state.tsx';
import { Frame } from '../shell/frame.tsx';
import { Legend } from './legend.tsx';
import { Navigator } from './navigator.tsx';
import { PairTable } from './pair-table.tsx';

const crumb = { to: '/targets', name: 'Targets' };

export const PairPage = ({ agent, target, probe }: { readonly agent: string; readonly target: string; readonly probe: string }) => {
  const task = `${target}/${probe}`;
  const { data, error, reload, set } = useResource<PairView>(`/pairs/${pairPath(agent, task)}`);
  useEffect(
    () =>
      subscribe('pairs', (event) => {
        const fresh = event.type === 'pairs' ? event.pairs.find((pair) => pair.agent === agent && pair.task === task) : undefined;
        if (fresh) set(() => fresh);
      }),
    [agent, task, set],
  );
  const others = usePairs({ target });
  const title = (
    <>
      <Link to={`/fleet/${agent}`}>{agent}</Link> <Icon name="arrow" size={14} class="ink3" />{' '}
      <Link to={`/targets/${target}`} class="cut">
        {data?.targetName ?? target}
      </Link>
      <span class="chip phone-off">{probe}</span>
    </>
  );
  const elsewhere = others.rows?.filter((pair) => pair.agent !== agent) ?? [];
  return (
    <Frame title={title} crumb={crumb} timed>
      {error && !data ? (
        <section class="panel">
          <Failure error={error} retry={reload} />
        </section>
      ) : null}
      {data ? <Numbers pair={data} /> : null}
      <Chart agent={agent} task={task} pair={data} />
      {elsewhere.length > 0 ? (
        <section class="panel">
          <div class="panel-head">
            <h2>From other agents</h2>
            <span class="ink3">{plural(elsewhere.length, 'agent measures', 'agents measure')} the same target</span>
          </div>
          <PairTable pairs={elsewhere.slice(0, 20)} without="target" />
        </section>
      ) : null}
    </Frame>
  );
};

const none: Quantity = { value: '–', unit: '' };
const of = (ms: number | null): Quantity => (ms === null ? none : delay(ms));

const Numbers = ({ pair }: { readonly pair: PairView }) => {
  const loss = pair.lossRatio === null ? none : { value: lossPercent(pair.lossRatio), unit: '%' };
  const bound = of(pair.errorBoundMs);
  const mark = pair.state === 'ok' ? undefined : <Glyph shape={pairShape(pair.state)} size={12} />;
  const stats = [
    <Stat
      key="median"
      label="RTT median"
      {...of(pair.medianMs)}
      below={pair.state === 'no-reply' ? 'no reply' : `newest ${writeDuration(pair.intervalMs)} round`}
    />,
    <Stat key="p95" label="RTT p95" {...of(pair.p95Ms)} below="over the round" />,
    <Stat key="loss" label="Loss ratio" {...loss} mark={mark} below={<PairStateMark pair={pair} />} />,
    <Stat key="ipdv" label="IPDV mean" {...of(pair.ipdvMeanAbsMs)} below="between neighbours" />,
    <Stat key="pdv" label="PDV p95" {...of(pair.pdvP95Ms)} below="over minimum" />,
    <Stat key="jitter" label="RFC 3550 jitter" {...of(pair.jitterRfc3550Ms)} below="smoothed" />,
    <Stat
      key="bound"
      label="Error bound"
      value={pair.errorBoundMs === null ? '–' : `± ${bound.value}`}
      unit={bound.unit}
      below={noiseWord(pair)}
    />,
  ];
  return <dl class="stats wide">{phone.value ? [stats[2], stats[0], stats[1], ...stats.slice(3)] : stats}</dl>;
};

const noiseWord = ({ errorBoundMs, medianMs }: PairView): string => {
  if (errorBoundMs === null || medianMs === null) return 'no round yet';
  return errorBoundMs < Math.max(0.5, medianMs / 10) ? 'agent is quiet' : 'agent is noisy';
};

/** A young pair is shown from near: its first minutes, then a quarter of an hour, then the hour. */
const usualFor = (ageMs: number): number => (ageMs < 240_000 ? 300_000 : ageMs < 720_000 ? 900_000 : 3_600_000);

const Chart = ({ agent, task, pair }: { readonly agent: string; readonly task: string; readonly pair: PairView | null }) => {
  const shown = range.value;
  const history = useHistory(agent, task, shown, phone.value ? 320 : 1000);
  const [table, setTable] = useState(false);
  const { data, error } = history;
  const since = data?.measuredSince ?? null;
  useEffect(() => {
    if (since !== null) usualRange.value = usualFor(now.value - since);
  }, [since, now.value > (since ?? 0) + 240_000, now.value > (since ?? 0) + 720_000]);
  const round = data
    ? `${data.columns.at(-1) && data.bucketMs === 0 ? `${data.columns.at(-1)?.sent} packets a round, ` : ''}every ${writeDuration(data.intervalMs)}${data.bucketMs > 0 ? `, one column is ${duration(data.bucketMs)}` : ''}`
    : '';
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>Round-trip time</h2>
        <span class="ink3 cut">{round}</span>
        <span class="grow" />
        {history.fresh > 0 ? (
          <button type="button" class="button tiny" onClick={() => setRange({ kind: 'last', ms: span.value.to - span.value.from })}>
            {plural(history.fresh, 'new round')}
          </button>
        ) : null}
        <button type="button" class="button quiet tiny phone-off" aria-pressed={table} onClick={() => setTable(!table)}>
          <Icon name="table" size={14} /> Table
        </button>
      </div>
      {error ? (
        <Failure
          error={error}
          retry={history.reload}
          holds="The chart shows what was loaded before. Nothing measured is lost: agents keep their rounds."
        />
      ) : null}
      {data ? (
        <div class="chart-body">
          <SmokeChart
            history={data}
            span={span.value}
            height={phone.value ? 360 : 400}
            label={`Round-trip time from ${agent} to ${pair?.targetName ?? task}`}
            table={table}
            onTable={() => setTable(!table)}
            onZoom={(chosen) => setRange(zoomTo(chosen))}
            onZoomIn={() => setRange(zoomIn(shown, serverNow()))}
            onZoomOut={() => setRange(zoomOut(shown, serverNow()))}
          />
        </div>
      ) : error ? null : (
        <Skeleton rows={5} height={62} />
      )}
      <Legend />
      {phone.value || !data ? null : <Navigator agent={agent} task={task} now={now.value} />}
    </section>
  );
};
