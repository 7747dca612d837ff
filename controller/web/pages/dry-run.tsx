import { useEffect, useState } from 'preact/hooks';
import type { DryRun } from '../data/contract.ts';
import type { Target } from '../../../protocol/target.ts';
import { ApiError, request } from '../data/api.ts';
import { after } from '../data/clock.ts';
import { bytesText, count, plural, rate } from '../format/quantity.ts';
import { Empty, Stat } from '../parts/basics.tsx';
import { Glyph } from '../parts/state.tsx';
import type { TargetForm } from './target-form.ts';

export interface Dry {
  readonly data: DryRun | null;
  readonly error: ApiError | null;
}

/** What saving the target would do, asked a quarter of a second after the last change; sends nothing to any agent. */
export const useDryRun = (target: Target | null): Dry => {
  const [state, setState] = useState<Dry>({ data: null, error: null });
  const key = JSON.stringify(target);
  useEffect(() => {
    if (target === null) return;
    const controller = new AbortController();
    const cancel = after(250, () => {
      request<DryRun>('POST', '/targets/dry-run', target, controller.signal).then(
        (data) => setState({ data, error: null }),
        (error: unknown) => {
          if (error instanceof ApiError && !controller.signal.aborted) setState((old) => ({ ...old, error }));
        },
      );
    });
    return () => {
      cancel();
      controller.abort();
    };
  }, [key]);
  return state;
};

const shown = 14;

export const DryRunPanel = ({
  dry,
  stale,
  counted,
}: {
  readonly dry: Dry;
  readonly stale: boolean;
  readonly counted: TargetForm | null;
}) => {
  const { data, error } = dry;
  if (!data)
    return (
      <aside class="panel dry">
        {error ? (
          <Empty title="Not counted">{error.message}</Empty>
        ) : (
          <Empty title="Dry run">Name an address: what it costs is counted here before anything is sent.</Empty>
        )}
      </aside>
    );
  const online = data.agents.filter((agent) => agent.online).length;
  return (
    <aside class="panel dry" aria-live="polite">
      <section>
        <p class="row">
          <b class="strong">Dry run</b> <span class="ink3">nothing is sent yet</span>
        </p>
        <h2 class="hero">
          {data.agents.length === 0 ? 'Runs on no agent' : `Runs on ${plural(data.agents.length, 'agent')}, ${plural(data.tasks, 'task')}`}
        </h2>
        {stale ? (
          <p class="row small ink2">
            <Glyph shape="pending" /> Counted with icmp every {counted?.every}, the last value that holds.
          </p>
        ) : data.agents.length === 0 ? (
          <p class="small ink2">No agent has these labels.</p>
        ) : (
          <p class="small ink2">
            {online === data.agents.length ? 'All of them are online.' : `${online} online; the others begin when they are back.`}
          </p>
        )}
      </section>
      <section>
        <dl class="stats">
          <Stat label="Each agent sends" value={`+${rate(data.packetsPerSecondPerAgent)}`} unit="packets/s" />
          <Stat label="New series" value={count(data.newSeries)} below={`about ${bytesText(data.bytesPerDay)} a day`} />
        </dl>
      </section>
      <section>
        <Budget
          name="At this target, from the whole fleet"
          value={data.packetsPerSecondAtTarget}
          limit={data.packetsPerSecondAtTargetLimit}
        />
        {data.problems.map((problem) => (
          <p key={problem.message} class="fault">
            <Glyph shape="firing" size={9} /> {problem.message}
          </p>
        ))}
      </section>
      <section class="rows">
        <p class="row head">
          <b class="strong">Agents</b> <span class="ink3">{count(data.agents.length)}</span>
          <span class="grow" />
          <span class="small ink3">packets/s now + then</span>
        </p>
        {data.agents.slice(0, shown).map((agent) => (
          <p key={agent.id} class="row line num">
            <Glyph shape={agent.online ? 'ok' : 'off'} />
            <span class="name grow cut">{agent.id}</span>
            <span class="ink3">{rate(agent.packetsPerSecondNow)} +</span> {rate(agent.packetsPerSecondAdded)}
          </p>
        ))}
        {data.agents.length > shown ? <p class="row line ink3">and {count(data.agents.length - shown)} more</p> : null}
      </section>
    </aside>
  );
};

const Budget = ({ name, value, limit }: { readonly name: string; readonly value: number; readonly limit: number }) => (
  <div class="budget">
    <p class="row">
      <span class="name grow">{name}</span>
      <b class="strong num">{rate(value)}</b> <span class="ink3">of {rate(limit)} packets/s</span>
    </p>
    <div class={value > limit ? 'track bad' : 'track'}>
      <i style={{ width: `${Math.min(100, (value / limit) * 100)}%` }} />
    </div>
  </div>
);
