import { Labels } from '../../../protocol/labels.ts';
import { Target } from '../../../protocol/target.ts';
import type { State } from '../../state/database.ts';
import { coversAll, type Facet } from './match.ts';
import { type Mute, readMutes } from './mutes.ts';

/** Whether an incident, as a backtest finds it, would have begun in a planned maintenance of all its series. With today's windows and labels. */
export const readInMaintenance = async (
  state: State,
): Promise<(at: number, incident: { readonly cause: string; readonly series: readonly string[] }) => boolean> => {
  const windows = (await readMutes(state, Number.MAX_SAFE_INTEGER)).filter(({ kind }) => kind === 'maintenance');
  if (windows.length === 0) return () => false;
  const agents = new Map(
    (await state.selectFrom('agents').select(['id', 'labels']).execute()).map(({ id, labels }) => [id, Labels.parse(JSON.parse(labels))]),
  );
  const targets = new Map(
    (await state.selectFrom('targets').select(['id', 'document']).execute()).map(({ id, document }) => [
      id,
      Target.shape.labels.parse(JSON.parse(document).labels),
    ]),
  );
  /** A series is agent/target/probe, or agent alone. */
  const facetOf = (series: string): Facet => {
    const [agent = '', target] = series.split('/');
    return { rule: '', agent, agentLabels: agents.get(agent) ?? {}, target: target ?? null, targetLabels: targets.get(target ?? '') ?? {} };
  };
  return (at, { cause, series }) => isCovered(windows, at, cause, series.map(facetOf));
};

/** Rules and severities do not count: planned work is about where, and what is tried out has not got its name yet. */
const isCovered = (windows: readonly Mute[], at: number, cause: string, facets: readonly Facet[]): boolean => {
  const active = windows.filter(({ until }) => until(at) !== null).map(({ match }) => ({ ...match, rules: [], severities: [] }));
  return facets.length > 0 && coversAll(active, { severity: 'critical', cause, facets });
};
