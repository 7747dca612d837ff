import { useRef } from 'preact/hooks';
import { Spark } from '../charts/spark.tsx';
import { timeTicks } from '../charts/scale.ts';
import { useHistory } from '../data/history.ts';
import { setRange, span, zone } from '../data/location.ts';
import { day } from '../format/time.ts';

const week = { kind: 'last', ms: 7 * 86_400_000 } as const;

/** Seven days under the chart; a click moves the range there, the lens shows where it is. */
export const Navigator = ({ agent, task, now }: { readonly agent: string; readonly task: string; readonly now: number }) => {
  const { data } = useHistory(agent, task, week, 900);
  const track = useRef<HTMLDivElement>(null);
  const from = now - week.ms;
  const shown = span.value;
  const share = (at: number): number => (Math.min(Math.max(at, from), now) - from) / week.ms;
  const move = (event: MouseEvent): void => {
    const box = track.current?.getBoundingClientRect();
    if (!box) return;
    const middle = from + ((event.clientX - box.left) / box.width) * week.ms;
    const half = (shown.to - shown.from) / 2;
    const to = Math.min(now, middle + half);
    setRange(
      to >= now - half / 4 ? { kind: 'last', ms: half * 2 } : { kind: 'fixed', from: Math.round(to - half * 2), to: Math.round(to) },
    );
  };
  return (
    <div class="navigator">
      <span class="ink3">7 d</span>
      <div class="track-area" ref={track} onClick={move}>
        <Spark
          label="The last seven days"
          columns={data?.columns ?? []}
          off={data?.off ?? []}
          from={from}
          to={now}
          intervalMs={data?.intervalMs ?? 10_000}
          bucketMs={data?.bucketMs ?? 0}
          measuredSince={data?.measuredSince ?? null}
          now={now}
          height={26}
        />
        <i
          class="lens"
          style={{ left: `${share(shown.from) * 100}%`, width: `max(6px, ${(share(shown.to) - share(shown.from)) * 100}%)` }}
        />
      </div>
      <div class="days">
        {timeTicks(from, now, 8, zone.value === 'utc' ? 0 : -new Date(from).getTimezoneOffset() * 60_000).ticks.map((at) => (
          <time key={at} style={{ left: `${share(at) * 100}%` }}>
            {day(at, zone.value)}
          </time>
        ))}
      </div>
    </div>
  );
};
