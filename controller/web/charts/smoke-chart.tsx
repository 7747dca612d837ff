import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import type { PairHistory } from '../../../protocol/api.ts';
import { knownUntil } from '../data/live.ts';
import { zone } from '../data/location.ts';
import { phone, theme } from '../data/preferences.ts';
import type { Span } from '../data/range.ts';
import { clock, clockSeconds } from '../format/time.ts';
import { ColumnTable } from './column-table.tsx';
import { Readout, type Reading } from './readout.tsx';
import { lineMs, type RuleLine } from './rule-line.ts';
import { axisOf, layout, nearest } from './smoke.ts';
import { lane, makePlot, plotData, type Scene } from './smoke-plot.ts';
import { LEAST_WIDTH, useWidth } from './use-plot.ts';

interface Props {
  readonly history: PairHistory;
  readonly span: Span;
  readonly height: number;
  readonly label: string;
  readonly table: boolean;
  readonly line?: RuleLine | null;
  readonly onTable: () => void;
  readonly onZoom: (span: Span) => void;
  readonly onZoomIn: () => void;
  readonly onZoomOut: () => void;
}

type Hover = { readonly time: number; readonly left: number };

/** The smoke chart: live, zoomed by dragging, read by pointer, finger or arrow keys; Enter shows it as a table. */
export const SmokeChart = (props: Props) => {
  const { history, span, height } = props;
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [hover, setHover] = useState<Hover | null>(null);
  const width = useWidth(element);
  const scene: Scene = {
    input: {
      columns: history.columns,
      off: history.off,
      from: span.from,
      to: span.to,
      intervalMs: history.intervalMs,
      bucketMs: history.bucketMs,
      now: knownUntil.value,
      measuredSince: history.measuredSince ?? null,
    },
    axis: axisOf(
      history.columns.filter((column) => column.endAt > span.from && column.at < span.to),
      lineMs(props.line),
    ),
    line: props.line ?? null,
    annotations: history.annotations,
    theme: theme.value,
    zone: zone.value,
  };
  const current = useRef({ scene, props });
  current.current = { scene, props };

  useLayoutEffect(() => {
    if (!element.current || width < LEAST_WIDTH) return;
    const made = makePlot(
      element.current,
      { width, height },
      {
        scene: () => current.current.scene,
        onHover: setHover,
        onZoom: (chosen) => current.current.props.onZoom(chosen),
        onZoomOut: () => current.current.props.onZoomOut(),
      },
    );
    plot.current = made;
    const release = followFinger(made);
    return () => {
      release();
      made.destroy();
      plot.current = null;
    };
  }, [width, height]);
  useLayoutEffect(() => {
    plot.current?.setData(plotData(scene), false);
    plot.current?.batch(() => {
      plot.current?.setScale('x', { min: span.from, max: span.to });
      plot.current?.setScale('y', { min: 0, max: scene.axis.max });
    });
    plot.current?.redraw(true, true);
  });
  useEffect(() => void document.fonts.ready.then(() => plot.current?.redraw(true, true)), []);

  const reading = hover ? readingAt(scene, hover.time, width) : null;
  return (
    <div class="smoke">
      {phone.value ? (
        <div class="docked">
          {reading ? <Readout reading={reading} history={history} /> : <p class="ink3 small">Touch the chart to read a round.</p>}
        </div>
      ) : null}
      <div
        class="smoke-plot"
        tabindex={0}
        role="group"
        aria-label={`${props.label}. Arrow keys read columns, plus and minus zoom, Enter shows a table.`}
        onKeyDown={(event) => onKey(event, plot.current, scene, props)}
      >
        <div ref={element} class="smoke-canvas" style={{ height: `${height}px` }} />
        {hover && reading && plot.current ? (
          <Marks plot={plot.current} hover={hover} reading={reading} history={history} seconds={span.to - span.from < 3_600_000 * 3} />
        ) : null}
      </div>
      {props.table ? <ColumnTable columns={history.columns} /> : null}
    </div>
  );
};

const readingAt = ({ input }: Scene, time: number, width: number): Reading => {
  const column = input.columns[nearest(input.columns, time) ?? -1];
  const view = layout({ ...input, width: Math.max(1, width) });
  const absence = view.absences.find((span) => span.kind !== 'no-reply' && time >= span.from && time <= span.to) ?? null;
  if (absence || !column || Math.abs((column.at + column.endAt) / 2 - time) > (input.bucketMs || input.intervalMs))
    return { kind: 'absent', at: time, absence };
  return { kind: 'column', column };
};

/** Ticks at p5 p25 p75 p95, the dot on the median, the time below, the card beside. */
const Marks = ({
  plot,
  hover,
  reading,
  history,
  seconds,
}: {
  readonly plot: uPlot;
  readonly hover: Hover;
  readonly reading: Reading;
  readonly history: PairHistory;
  readonly seconds: boolean;
}) => {
  const left = plot.over.offsetLeft + hover.left;
  const y = (ms: number): number => lane + Math.max(0, plot.valToPos(ms, 'y'));
  const rtt = reading.kind === 'column' ? reading.column.rtt : null;
  const at = reading.kind === 'column' ? reading.column.at : reading.at;
  const onRight = hover.left < plot.over.clientWidth / 2;
  return (
    <>
      {rtt
        ? [rtt.p5Ms, rtt.p25Ms, rtt.p75Ms, rtt.p95Ms].map((ms, index) => (
            <i key={index} class="tick" style={{ left: `${left - 3}px`, top: `${y(ms)}px` }} />
          ))
        : null}
      {rtt ? <i class="dot" style={{ left: `${left - 5}px`, top: `${y(rtt.medianMs) - 5}px` }} /> : null}
      <span class="pill" style={{ left: `${left}px` }}>
        {seconds ? clockSeconds(at, zone.value) : clock(at, zone.value)}
      </span>
      {phone.value ? null : (
        <div class="readout" style={onRight ? { left: `${left + 14}px` } : { right: `calc(100% - ${left - 14}px)` }}>
          <Readout reading={reading} history={history} />
        </div>
      )}
    </>
  );
};

const onKey = (event: KeyboardEvent, plot: uPlot | null, scene: Scene, props: Props): void => {
  if (!plot || event.ctrlKey || event.metaKey || event.altKey) return;
  const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
  if (step !== 0) {
    const { columns } = scene.input;
    const left = plot.cursor.left ?? -1;
    const index = left < 0 ? columns.length - (step < 0 ? 0 : 1) : (nearest(columns, plot.posToVal(left, 'x')) ?? 0);
    const column = columns[Math.min(columns.length - 1, Math.max(0, index + step))];
    if (column) plot.setCursor({ left: plot.valToPos((column.at + column.endAt) / 2, 'x'), top: 10 });
  } else if (event.key === 'Enter') props.onTable();
  else if (event.key === '+' || event.key === '=') props.onZoomIn();
  else if (event.key === '-') props.onZoomOut();
  else if (event.key === 'Escape') plot.setCursor({ left: -10, top: -10 });
  else return;
  event.preventDefault();
  event.stopPropagation();
};

/** A finger moves the cursor; up and down still scrolls the page. */
const followFinger = (plot: uPlot): (() => void) => {
  const move = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse') return;
    const box = plot.over.getBoundingClientRect();
    plot.setCursor({ left: Math.min(box.width, Math.max(0, event.clientX - box.left)), top: 10 });
  };
  plot.over.addEventListener('pointerdown', move);
  plot.over.addEventListener('pointermove', move);
  return () => {
    plot.over.removeEventListener('pointerdown', move);
    plot.over.removeEventListener('pointermove', move);
  };
};
