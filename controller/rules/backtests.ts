// Backtests that run beside everything else: started, looked at, stopped. They are kept in memory for a while, and a restart forgets them.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BacktestView } from '../../protocol/rule-view.ts';
import { Rule } from '../../protocol/rule.ts';
import type { Random } from '../../protocol/random.ts';
import type { Clock } from '../../protocol/time.ts';
import { backtest } from '../alerts/backtest.ts';
import { loadIngredients } from '../alerts/definitions.ts';
import type { Past } from '../alerts/past.ts';
import type { State } from '../state/database.ts';

const DAY_MS = 86_400_000;
/** At once; the oldest that is over makes room. */
const RUNNING_MAX = 2;
const KEPT_MAX = 20;
/** Incidents that are shown one by one. */
const SHOWN_MAX = 200;

export interface Backtests {
  /** Begins one; null when too many run already. */
  start(rule: Rule, days: number): Promise<BacktestView | null>;
  find(id: string): BacktestView | null;
  /** Stops it, or forgets it when it is over; false when there is none. */
  cancel(id: string): boolean;
}

/** Whether a moment lies in a planned maintenance of the incident's series. */
export type InMaintenance = (at: number, incident: { readonly cause: string; readonly series: readonly string[] }) => boolean;

export interface BacktestsDeps {
  readonly state: State;
  readonly past: Past;
  readonly clock: Clock;
  readonly random: Random;
  readonly maintenance: () => Promise<InMaintenance>;
}

export const openBacktests = ({ state, past, clock, random, maintenance }: BacktestsDeps): Backtests => {
  const all = new Map<string, { view: BacktestView; stop: AbortController }>();
  const run = async (id: string, rule: Rule, from: number, to: number, signal: AbortSignal): Promise<void> => {
    const update = (change: Partial<BacktestView>): void => {
      const entry = all.get(id);
      if (entry !== undefined) entry.view = { ...entry.view, ...change };
    };
    try {
      const { rules: _, ...ingredients } = await loadIngredients(state);
      const answered = (await state.selectFrom('answers').select('target_id').execute()).map(({ target_id }) => target_id);
      const onProgress = (progress: number): void => update({ progress });
      const startedAt = clock.monotonic();
      const found = await backtest({ rule, ingredients, answered, from, to, past, onProgress, pause: nextTurn }, signal);
      const inMaintenance = await maintenance();
      const judged = found.incidents.map((incident) => ({ ...incident, maintenance: inMaintenance(incident.openedAt, incident) }));
      update({
        state: 'done',
        progress: 1,
        tookMs: clock.monotonic() - startedAt,
        result: {
          pages: judged.reduce((sum, { pages }) => sum + pages, 0),
          inMaintenance: judged.filter((incident) => incident.maintenance).length,
          series: found.series,
          roundsRead: found.roundsRead,
          learning: found.learning,
          incidentCount: judged.length,
          incidents: judged.slice(-SHOWN_MAX).map((incident) => ({ ...incident, series: incident.series.slice(0, 20) })),
        },
      });
    } catch (error) {
      update(signal.aborted ? { state: 'cancelled' } : { state: 'failed', error: error instanceof Error ? error.message : String(error) });
    }
  };
  return {
    async start(rule, days) {
      const running = [...all.values()].filter(({ view }) => view.state === 'running').length;
      if (running >= RUNNING_MAX) return null;
      for (const [id, { view }] of all) if (all.size >= KEPT_MAX && view.state !== 'running') all.delete(id);
      const id = random.hex(8);
      const to = Math.floor(clock.now());
      const from = to - days * DAY_MS;
      const stop = new AbortController();
      const view: BacktestView = { id, rule: rule.id, from, to, state: 'running', progress: 0 };
      all.set(id, { view, stop });
      void run(id, Rule.parse(rule), from, to, stop.signal);
      return view;
    },
    find: (id) => all.get(id)?.view ?? null,
    cancel(id) {
      const entry = all.get(id);
      if (entry === undefined) return false;
      if (entry.view.state === 'running') entry.stop.abort(new Error('cancelled'));
      else all.delete(id);
      return true;
    },
  };
};
