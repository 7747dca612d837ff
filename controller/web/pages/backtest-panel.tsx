import { useEffect, useState } from 'preact/hooks';
import type { BacktestView } from '../../../protocol/rule-view.ts';
import type { Rule } from '../../../protocol/rule.ts';
import { ApiError, get, request } from '../data/api.ts';
import { after } from '../data/clock.ts';
import { Failure } from '../parts/basics.tsx';
import { Glyph } from '../parts/state.tsx';
import { iso } from '../format/time.ts';

const DAYS = 30;
const LOOK_EVERY_MS = 400;
const SHOWN = 8;

/** What the rule, as it stands in the form, would have done in the last days: its price in pages. */
export const BacktestPanel = ({ rule }: { readonly rule: Rule | null }) => {
  const [view, setView] = useState<BacktestView | null>(null);
  const [failed, setFailed] = useState<ApiError | null>(null);
  const running = view?.state === 'running' ? view.id : null;
  const told = (error: unknown): void => {
    if (!(error instanceof ApiError)) throw error;
    setFailed(error);
  };
  useEffect(() => {
    if (running === null) return;
    return after(LOOK_EVERY_MS, () => void get<BacktestView>(`/backtests/${running}`).then(setView, told));
  }, [running, view]);
  // Who leaves the form waits for no answer.
  useEffect(() => () => void (running !== null && request('DELETE', `/backtests/${running}`).catch(() => {})), [running]);
  const start = (): void => {
    setFailed(null);
    void request<BacktestView>('POST', '/backtests', { rule, days: DAYS }).then(setView, told);
  };
  const stop = (): void => void request('DELETE', `/backtests/${running}`).then(() => setView(null), told);
  return (
    <div class="panel-body ruled-top stack">
      <div class="row wrap">
        {running === null ? (
          <button type="button" class="button" disabled={rule === null} onClick={start}>
            Backtest over {DAYS} days
          </button>
        ) : (
          <>
            <progress class="wide" max={1} value={view?.progress ?? 0} aria-label="Backtest" />
            <span class="ink3">{Math.round((view?.progress ?? 0) * 100)} %</span>
            <button type="button" class="button quiet tiny" onClick={stop}>
              Stop
            </button>
          </>
        )}
        {view === null ? <span class="ink3 small">How often would it have paged?</span> : null}
      </div>
      {failed ? <Failure error={failed} /> : null}
      {view?.state === 'failed' ? <p class="ink2">The backtest failed: {view.error}</p> : null}
      {view?.result ? <Price result={view.result} /> : null}
    </div>
  );
};

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

const Price = ({ result }: { readonly result: NonNullable<BacktestView['result']> }) => (
  <>
    <p role="status">
      In the last {DAYS} days this rule would have paged <b>{times(result.pages)}</b>, {result.inMaintenance} in maintenance. It looks at{' '}
      {result.series} series{result.learning > 0 ? `; ${result.learning} are still being learnt` : ''}.
    </p>
    <ul class="rows">
      {result.incidents
        .toReversed()
        .slice(0, SHOWN)
        .map((incident) => (
          <li key={`${incident.cause} ${incident.openedAt}`} class="row line">
            <Glyph shape={incident.resolvedAt === null ? 'firing' : 'resolved'} size={9} />
            <span class="grow cut">{incident.title}</span>
            <span class="ink3 small">{iso(incident.openedAt, 'utc')}</span>
          </li>
        ))}
    </ul>
    {result.incidentCount > SHOWN ? <p class="ink3 small">and {result.incidentCount - SHOWN} before these</p> : null}
  </>
);
