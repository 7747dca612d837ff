import type { PairHistory } from '../../protocol/api.ts';
import { METRICS } from '../../protocol/metrics.ts';
import { readColumns } from '../series/columns.ts';
import { ownSeries } from '../series/own.ts';
import { PING } from '../series/schema.ts';
import type { State } from '../state/database.ts';
import { readAnnotations } from './annotations.ts';
import type { Context } from './context.ts';
import { type FleetModel, pairKey } from './fleet-view.ts';
import { readPresence } from './presence.ts';
import { notFound } from './problem.ts';

export interface HistoryQuery {
  readonly agent: string;
  readonly target: string;
  readonly probe: string;
  readonly from: number;
  readonly to: number;
  readonly columns: number;
}

/** What a pair measured, also when its target has been removed since. Throws 404 for one that was never measured and is not to be. */
export const readHistory = async (context: Context, query: HistoryQuery): Promise<PairHistory> => {
  const { agent, target, from, to } = query;
  const task = `${target}/${query.probe}`;
  const model = await context.fleetView.model();
  const intervalMs = await intervalOf(context, model, agent, task);
  if (intervalMs === null) throw notFound(`task ${task} of agent ${agent}`);
  const { bucketMs, columns } = await readColumns(context.store, { agent, task, from, to, columns: query.columns, intervalMs });
  return {
    agent,
    target,
    task,
    intervalMs,
    from,
    to,
    bucketMs,
    measuredSince: await measuredSince(context, agent, task),
    columns: [...columns],
    off: await readOff(context.state, agent, from, to),
    annotations: await readAnnotations(context.state, { agent, target, from, to }),
  };
};

const intervalOf = async ({ store }: Context, { pairs }: FleetModel, agent: string, task: string): Promise<number | null> => {
  const pair = pairs.get(pairKey(agent, task));
  if (pair !== undefined) return pair.template.intervalMs;
  const points = await store.latest(PING, ownSeries({ agent: [agent], task: [task] }));
  const newest = points.toSorted((a, b) => b.at - a.at)[0];
  const stored = newest?.fields[METRICS.interval_ms.field];
  return typeof stored === 'number' && stored > 0 ? stored : null;
};

const measuredSince = async ({ store, controller }: Context, agent: string, task: string): Promise<number | null> => {
  const fields = [{ field: METRICS.result_code.field, aggregate: 'count' }] as const;
  const to = Math.ceil(controller.clock.now()) + 86_400_000;
  const series = await store.query({ measurement: PING, tags: ownSeries({ agent: [agent], task: [task] }), fields, from: 0, to, limit: 1 });
  const first = series.flatMap(({ rows }) => rows.slice(0, 1)).map(([at]) => at);
  return first.length === 0 ? null : Math.min(...first);
};

const readOff = async (state: State, agent: string, from: number, to: number): Promise<PairHistory['off']> =>
  (await readPresence(state, agent, from, to))
    .filter((span) => span.state === 'off')
    .map((span) => ({ from: span.from, to: Math.min(span.to ?? to, to) }));
