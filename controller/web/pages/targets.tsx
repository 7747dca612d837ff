import { useState } from 'preact/hooks';
import type { PairView, TargetView } from '../../../protocol/api.ts';
import { go } from '../data/location.ts';
import { usePairs, useTargets } from '../data/lists.ts';
import { count, delayText, lossText, plural } from '../format/quantity.ts';
import { writeDuration } from '../format/time.ts';
import { hasWords, labelWords } from '../format/words.ts';
import { CsvLink, Empty, Failure, Labels, Link, Skeleton } from '../parts/basics.tsx';
import { Icon } from '../parts/icons.tsx';
import { pairShape, pairUrgency, pairWord, State } from '../parts/state.tsx';
import { Search, searchText } from '../parts/search.tsx';
import { Frame } from '../shell/frame.tsx';
import { useRowKeys } from '../shell/keys.ts';

export const TargetsPage = () => {
  const { rows, error, reload } = useTargets();
  const pairs = usePairs();
  const text = searchText();
  const shown = (rows ?? [])
    .filter(({ id, name, address, labels }) => hasWords(text, [id, name, address, ...labelWords(labels)]))
    .map((target) => ({
      target,
      pairs: (pairs.rows ?? []).filter((pair) => pair.target === target.id).toSorted((a, b) => pairUrgency(a) - pairUrgency(b)),
    }))
    .toSorted((a, b) => urgencyOf(a.pairs) - urgencyOf(b.pairs) || a.target.name.localeCompare(b.target.name));
  return (
    <Frame title="Targets">
      <section class="panel scroll-x">
        <div class="panel-head ruled">
          <Search placeholder="Name, address, label" label="Filter targets" found={plural(shown.length, 'target')} />
          <CsvLink path="/targets" />
          <Link to="/targets/new" class="button primary">
            <Icon name="plus" size={14} /> Add target
          </Link>
        </div>
        {rows ? <Table rows={shown} none={rows.length === 0} /> : error ? <Failure error={error} retry={reload} /> : <Skeleton rows={6} />}
      </section>
    </Frame>
  );
};

const urgencyOf = (pairs: readonly PairView[]): number => (pairs[0] ? pairUrgency(pairs[0]) : 99);

interface RowData {
  readonly target: TargetView;
  readonly pairs: readonly PairView[];
}

const Table = ({ rows, none }: { readonly rows: readonly RowData[]; readonly none: boolean }) => {
  const [selected, select] = useState(-1);
  useRowKeys(rows.length, selected, select, (index) => {
    const row = rows[index];
    if (row) go(`/targets/${row.target.id}`);
  });
  if (none)
    return (
      <Empty
        title="No targets yet"
        action={
          <Link to="/targets/new" class="button primary">
            Add target
          </Link>
        }
        command="npm run controller -- targets add www.example.net"
      >
        Name a host. Every agent with the label measures it.
      </Empty>
    );
  return (
    <table class="table">
      <thead>
        <tr>
          <th>Target</th>
          <th>State</th>
          <th class="phone-off">Tasks</th>
          <th class="n phone-off">Agents</th>
          <th class="n">RTT median</th>
          <th class="n phone-off">Loss</th>
          <th class="phone-off">Labels</th>
          <th class="phone-off">Smoke</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <Row key={row.target.id} {...row} on={index === selected} />
        ))}
      </tbody>
    </table>
  );
};

const Row = ({ target, pairs, on }: RowData & { readonly on: boolean }) => {
  const [worst] = pairs;
  const state = !worst ? { shape: 'waiting' as const, word: 'no agent' } : { shape: pairShape(worst.state), word: pairWord(worst.state) };
  const same = pairs.filter((pair) => pair.state === worst?.state).length;
  return (
    <tr class={on ? 'link on' : 'link'} onClick={() => go(`/targets/${target.id}`)}>
      <td>
        <Link to={`/targets/${target.id}`} class="row">
          <span class="name">{target.name}</span>
          {target.address === target.name ? null : <span class="ink3 small phone-off">{target.address}</span>}
        </Link>
      </td>
      <td>
        <State {...state} why={worst && worst.state !== 'ok' && pairs.length > 1 ? `from ${same} of ${pairs.length}` : undefined} />
      </td>
      <td class="phone-off ink2">
        {target.tasks.map((task) => `${task.options.kind} every ${writeDuration(task.intervalMs)}`).join(', ')}
      </td>
      <td class="n phone-off">{count(target.agentCount)}</td>
      <td class="n strong">{delayText(worst?.medianMs ?? null)}</td>
      <td class={`n phone-off ${worst?.lossRatio ? 'strong' : 'zero'}`}>{lossText(worst?.lossRatio ?? null)}</td>
      <td class="phone-off">
        <Labels labels={target.labels} most={3} />
      </td>
      <td class="phone-off">
        {worst ? (
          <Link to={`/pairs/${worst.agent}/${worst.task}`} class="button quiet tiny">
            {worst.agent} <Icon name="right" size={12} />
          </Link>
        ) : null}
      </td>
    </tr>
  );
};
