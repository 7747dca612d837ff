import { decodeSketch, quantileOf } from '../protocol/sketch.ts';
import { Labels } from '../protocol/labels.ts';
import { Target } from '../protocol/target.ts';
import type { LatestColumn } from './ports.ts';
import { ownSeries } from './series/own.ts';
import { PING } from './series/schema.ts';
import type { Aggregate, SeriesRow, SeriesStore } from './series/store.ts';
import type { State } from './state/database.ts';
import { type Material, type MaterialTarget, type MeasuredWindow, usualOf } from './verdict/from-series.ts';

export interface MaterialSources {
  readonly state: State;
  readonly store: SeriesStore;
  readonly latest: () => readonly LatestColumn[];
}

export interface AskedIncident {
  readonly id: number;
  readonly openedAt: number;
  readonly now: number;
  readonly members: readonly { readonly agent: string; readonly target: string | null; readonly since: number }[];
}

/** More pairs than that say hardly more, and judging must not hold the controller up. */
const PAIRS_MAX = 400;
const OWN_PAIRS_MAX = 150;
const ROUNDS = 40;
const HOUR_MS = 3_600_000;
const USUAL_MS = 14 * 24 * HOUR_MS;
const MINUTES_MS = 3 * HOUR_MS;
/** Rounds that should lie behind the first breach, and how fine and how coarse they may be. */
const ROUNDS_BEHIND = 12;
const STEP_LEAST_MS = 10_000;
const STEP_MOST_MS = 60_000;

/** Reads what is stored around an incident: its own pairs, those of the same agents and targets, and others as witnesses. */
export const gatherMaterial = async (sources: MaterialSources, incident: AskedIncident): Promise<Material> => {
  const chosen = choosePairs(sources.latest(), incident);
  const { agents, targets } = await describeEnds(sources.state, chosen);
  const began = Math.min(incident.openedAt, ...incident.members.map(({ since }) => since));
  const slowest = chosen.map(({ intervalMs }) => intervalMs).toSorted((a, b) => a - b)[Math.floor(chosen.length / 2)] ?? STEP_MOST_MS;
  const wanted = Math.max(slowest, (incident.now - began) / ROUNDS_BEHIND);
  const stepMs = Math.ceil(Math.max(STEP_LEAST_MS, Math.min(STEP_MOST_MS, wanted)) / STEP_LEAST_MS) * STEP_LEAST_MS;
  const to = Math.floor(incident.now / stepMs) * stepMs;
  const from = to - ROUNDS * stepMs;
  const byAgent = Map.groupBy(chosen, ({ agent }) => agent);
  const pairs: Material['pairs'][number][] = [];
  for (const [agent, own] of byAgent) {
    const read = (range: { from: number; to: number; bucketMs: number }): Promise<Map<string, MeasuredWindow[]>> =>
      readWindows(
        sources.store,
        agent,
        own.map(({ target }) => target),
        range,
      );
    const windows = await read({ from, to, bucketMs: stepMs });
    const minutes = await read({ from: from - MINUTES_MS, to: from, bucketMs: STEP_MOST_MS });
    const hours = await read({ from: from - USUAL_MS, to: from, bucketMs: HOUR_MS });
    for (const { target } of own)
      pairs.push({ agent, target, windows: windows.get(target) ?? [], usual: usualOf(hours.get(target) ?? [], minutes.get(target) ?? []) });
  }
  return { name: `incident-${incident.id}`, from, stepMs, rounds: ROUNDS, agents, targets, pairs, traces: [] };
};

/** The incident's own pairs first, then its agents', then its targets', then others; in a fixed order. Pure. */
export const choosePairs = (latest: readonly LatestColumn[], { members }: Pick<AskedIncident, 'members'>): LatestColumn[] => {
  const agents = new Set(members.map(({ agent }) => agent));
  const targets = new Set(members.map(({ target }) => target));
  const own = new Set(members.map(({ agent, target }) => `${agent} ${target ?? ''}`));
  const measured = [
    ...new Map(latest.filter(({ task }) => task.endsWith('/icmp')).map((one) => [`${one.agent} ${one.target}`, one])).entries(),
  ].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const rankOf = ([key, { agent, target }]: readonly [string, LatestColumn]): number =>
    own.has(key) ? 0 : agents.has(agent) ? 1 : targets.has(target) ? 2 : 3;
  const ranked = Map.groupBy(measured, rankOf);
  const first = (ranked.get(0) ?? []).slice(0, OWN_PAIRS_MAX);
  const near = [...(ranked.get(1) ?? []).slice(0, OWN_PAIRS_MAX), ...(ranked.get(2) ?? []).slice(0, OWN_PAIRS_MAX)];
  return [...first, ...near, ...(ranked.get(3) ?? [])].slice(0, PAIRS_MAX).map(([, one]) => one);
};

const describeEnds = async (state: State, chosen: readonly LatestColumn[]): Promise<Pick<Material, 'agents' | 'targets'>> => {
  const agentIds = new Set(chosen.map(({ agent }) => agent));
  const targetIds = new Set(chosen.map(({ target }) => target));
  const agentRows = await state.selectFrom('agents').select(['id', 'labels']).orderBy('id').execute();
  const targetRows = await state.selectFrom('targets').select(['id', 'document']).orderBy('id').execute();
  return {
    agents: agentRows.filter(({ id }) => agentIds.has(id)).map(({ id, labels }) => ({ id, labels: Labels.parse(JSON.parse(labels)) })),
    targets: targetRows
      .filter(({ id }) => targetIds.has(id))
      .map(({ document }) => Target.parse(JSON.parse(document)))
      .map(({ id, address, labels }) => ({ id, address, labels, kind: kindOf(id, labels) })),
  };
};

/** By the label `role`, or by the name that discovery gives. */
const kindOf = (id: string, labels: Labels): MaterialTarget['kind'] =>
  (['gateway', 'resolver'] as const).find((kind) => labels['role'] === kind || id.startsWith(`${kind}-`)) ?? 'target';

const FIELDS = [
  ['packets_transmitted', 'sum'],
  ['packets_received', 'sum'],
  ['unknown', 'sum'],
  ['rtt_sketch', 'sketch'],
  ['error_bound_ms', 'max'],
  ['canary_ms', 'max'],
  ['scheduler_lag_ms', 'max'],
  ['socket_drops', 'sum'],
] as const satisfies readonly (readonly [string, Aggregate])[];

/** Windows of one agent's pairs, by target. */
const readWindows = async (
  store: SeriesStore,
  agent: string,
  targets: readonly string[],
  range: { readonly from: number; readonly to: number; readonly bucketMs: number },
): Promise<Map<string, MeasuredWindow[]>> => {
  const tags = ownSeries({ agent: [agent], target: targets, task: targets.map((target) => `${target}/icmp`) });
  const found = await store.query({
    measurement: PING,
    tags,
    fields: FIELDS.map(([field, aggregate]) => ({ field, aggregate })),
    ...range,
  });
  const windows = new Map<string, MeasuredWindow[]>();
  for (const { tags: own, rows } of found) {
    const target = own['target'] ?? '';
    windows.set(target, [...(windows.get(target) ?? []), ...rows.map(windowOf)]);
  }
  return windows;
};

const windowOf = ([at, ...values]: SeriesRow): MeasuredWindow => {
  const number = (index: number): number | null => {
    const value = values[index];
    return typeof value === 'number' ? value : null;
  };
  const sketch = values[3];
  const decoded = typeof sketch === 'string' && sketch !== '' ? decodeSketch(sketch) : null;
  const rtt = (q: number): number | null => (decoded?.ok === true ? quantileOf(decoded.value, q) : null);
  // What was sent while the socket dropped is unknown, not lost.
  const sent = Math.max(0, (number(0) ?? 0) - (number(2) ?? 0));
  return {
    at,
    sent,
    received: Math.min(sent, number(1) ?? 0),
    medianMs: rtt(0.5),
    p95Ms: rtt(0.95),
    boundMs: number(4),
    canaryMs: number(5),
    lagMs: number(6),
    drops: number(7),
  };
};
