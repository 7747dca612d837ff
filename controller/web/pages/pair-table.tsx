import { useState } from 'preact/hooks';
import type { PairView } from '../../../protocol/api.ts';
import { axisOf } from '../charts/smoke.ts';
import { Spark } from '../charts/spark.tsx';
import { pairPath } from '../data/api.ts';
import { useHistory } from '../data/history.ts';
import { go, range, span, zone } from '../data/location.ts';
import { pairKey } from '../data/lists.ts';
import { knownUntil } from '../data/live.ts';
import { axisText, delay, delayText, lossText } from '../format/quantity.ts';
import { clock, day } from '../format/time.ts';
import { Link } from '../parts/basics.tsx';
import { Icon } from '../parts/icons.tsx';
import { Glyph, PairStateMark, pairShape } from '../parts/state.tsx';
import { useRowKeys } from '../shell/keys.ts';

export const pairLink = (pair: Pick<PairView, 'agent' | 'task'>): string => `/pairs/${pairPath(pair.agent, pair.task)}`;

/** The time at an end of the smoke: the day when that says more. */
const edge = (at: number, spanMs: number): string => (spanMs > 86_400_000 ? day(at, zone.value) : clock(at, zone.value));

/** Pairs as rows, each with its smoke over the page's range. `without` leaves out what all rows share. */
export const PairTable = ({ pairs, without }: { readonly pairs: readonly PairView[]; readonly without?: 'agent' | 'target' }) => {
  const [selected, select] = useState(-1);
  useRowKeys(pairs.length, selected, select, (index) => {
    const pair = pairs[index];
    if (pair) go(pairLink(pair));
  });
  const { from, to } = span.value;
  return (
    <table class="table tall pairs">
      <thead>
        <tr>
          <th>{without === 'agent' ? 'Target' : without === 'target' ? 'Agent' : 'From, to'}</th>
          <th class="phone-off">Task</th>
          <th class="smoke-cell">
            <span class="row">
              <time>{edge(from, to - from)}</time>
              <span class="grow" />
              <time>{edge(to, to - from)}</time>
            </span>
          </th>
          <th class="n phone-off">RTT median</th>
          <th class="n phone-off">Axis to</th>
          <th class="n phone-off">Loss</th>
          <th class="phone-off">State</th>
          <th class="n phone-only">Now</th>
        </tr>
      </thead>
      <tbody>
        {pairs.map((pair, index) => (
          <Row key={pairKey(pair)} pair={pair} {...(without ? { without } : {})} on={index === selected} />
        ))}
      </tbody>
    </table>
  );
};

const Row = ({ pair, without, on }: { readonly pair: PairView; readonly without?: 'agent' | 'target'; readonly on: boolean }) => {
  const { data } = useHistory(pair.agent, pair.task, range.value, 300);
  const { from, to } = span.value;
  const columns = data?.columns ?? [];
  const axis = axisOf(columns.filter((column) => column.endAt > from));
  return (
    <tr class={on ? 'link on' : 'link'} onClick={() => go(pairLink(pair))}>
      <td>
        <Link to={pairLink(pair)} class="two">
          <Names pair={pair} {...(without ? { without } : {})} />
        </Link>
      </td>
      <td class="phone-off ink2">{pair.probe}</td>
      <td class="smoke-cell">
        <Spark
          label={`${pair.agent} to ${pair.targetName}`}
          columns={columns}
          off={data?.off ?? []}
          from={from}
          to={to}
          intervalMs={data?.intervalMs ?? pair.intervalMs}
          bucketMs={data?.bucketMs ?? 0}
          measuredSince={data?.measuredSince ?? null}
          now={knownUntil.value}
          max={axis.max}
          height={40}
        />
      </td>
      <td class="n phone-off">
        {pair.medianMs === null ? <span class="ink3">{pair.state === 'no-reply' ? 'no reply' : '–'}</span> : <Value ms={pair.medianMs} />}
      </td>
      <td class="n phone-off ink3">{columns.some((column) => column.rtt) ? axisText(axis.max) : ''}</td>
      <td class={`n phone-off ${pair.lossRatio ? 'strong' : 'zero'}`}>{lossText(pair.lossRatio)}</td>
      <td class="phone-off">
        <PairStateMark pair={pair} />
      </td>
      <td class="n phone-only">
        <span class="two">
          <b class="strong">{pair.lossRatio ? lossText(pair.lossRatio) : delayText(pair.medianMs)}</b>
          <small>
            <Glyph shape={pairShape(pair.state)} />
          </small>
        </span>
      </td>
    </tr>
  );
};

const Names = ({ pair, without }: { readonly pair: PairView; readonly without?: 'agent' | 'target' }) => {
  if (without === 'target') return <span class="name">{pair.agent}</span>;
  if (without === 'agent')
    return (
      <>
        <span class="name">{pair.targetName}</span>
        {pair.address === pair.targetName ? null : <small>{pair.address}</small>}
      </>
    );
  return (
    <>
      <span class="row name">
        <span class="ink2 phone-off">{pair.agent}</span> <Icon name="arrow" size={12} class="ink3 phone-off" /> {pair.targetName}
      </span>
      <small class="phone-off">{pair.targetName === pair.address ? null : pair.address}</small>
      <small class="phone-only">{pair.agent}</small>
    </>
  );
};

const Value = ({ ms }: { readonly ms: number }) => (
  <>
    <b class="strong">{delay(ms).value}</b> <span class="ink3">{delay(ms).unit}</span>
  </>
);
