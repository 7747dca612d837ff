import { timeTicks } from '../charts/scale.ts';

export interface LaneSpan {
  readonly from: number;
  readonly to: number;
  readonly tone: 'ok' | 'pending' | 'degraded' | 'firing' | 'off';
  readonly word: string;
}

export interface Lane {
  readonly name: string;
  readonly spans: readonly LaneSpan[];
}

/** The timeline strip: states over event time, one lane a thing; a dashed upright at each mark. */
export const Lanes = ({
  lanes,
  from,
  to,
  marks = [],
  ticks,
}: {
  readonly lanes: readonly Lane[];
  readonly from: number;
  readonly to: number;
  readonly now: number;
  readonly marks?: readonly number[];
  readonly ticks: (at: number) => string;
}) => {
  const percent = (at: number): number => (Math.min(Math.max(at, from), to) - from) / ((to - from) / 100);
  return (
    <div class="lanes">
      {lanes.map((lane) => (
        <div class="lane" key={lane.name}>
          <span class="small ink2">{lane.name}</span>
          <div>
            {lane.spans
              .filter((span) => span.to > from && span.from < to)
              .map((span) => (
                <i
                  key={span.from}
                  class={span.tone}
                  title={span.word}
                  style={{ left: `${percent(span.from)}%`, width: `max(3px, ${percent(span.to) - percent(span.from)}%)` }}
                >
                  <span>{span.word}</span>
                </i>
              ))}
            {marks.map((at) => (
              <b key={at} style={{ left: `${percent(at)}%` }} />
            ))}
          </div>
        </div>
      ))}
      <div class="lane ticks">
        <span />
        <div>
          {timeTicks(from, to, 8, -new Date(from).getTimezoneOffset() * 60_000).ticks.map((at) => (
            <time key={at} style={{ left: `${percent(at)}%` }}>
              {ticks(at)}
            </time>
          ))}
        </div>
      </div>
    </div>
  );
};
