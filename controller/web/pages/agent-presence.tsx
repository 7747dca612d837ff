import { useMemo } from 'preact/hooks';
import { now } from '../data/clock.ts';
import { range, span, zone } from '../data/location.ts';
import { spanOf } from '../data/range.ts';
import { useResource } from '../data/resource.ts';
import { clock } from '../format/time.ts';
import { Lanes } from '../parts/lanes.tsx';

interface Span {
  readonly from: number;
  readonly to: number | null;
  readonly state: 'online' | 'off';
}

/** When the agent was connected, over the page's range. */
export const Presence = ({ id }: { readonly id: string }) => {
  const key = JSON.stringify(range.value);
  const minute = Math.floor(now.value / 60_000);
  const path = useMemo(() => {
    const { from, to } = spanOf(range.value, now.value);
    return `/agents/${encodeURIComponent(id)}/presence?from=${Math.round(from)}&to=${Math.round(to)}`;
  }, [id, key, minute]);
  const { data } = useResource<{ spans: Span[] }>(path);
  const { from, to } = span.value;
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>Connected</h2>
        <span class="ink3">event time</span>
      </div>
      <div class="panel-body">
        <Lanes
          from={from}
          to={to}
          now={now.value}
          lanes={[
            {
              name: 'Agent',
              spans: (data?.spans ?? []).map((one) => ({
                from: one.from,
                to: one.to ?? now.value,
                tone: one.state === 'online' ? 'ok' : 'off',
                word: one.state,
              })),
            },
          ]}
          ticks={(at) => clock(at, zone.value)}
        />
      </div>
    </section>
  );
};
