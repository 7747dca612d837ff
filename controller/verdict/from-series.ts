import type { VerdictCase } from './case.ts';

/** One window of one pair: what its rounds gave. RTTs in ms. */
export interface MeasuredWindow {
  /** ms since the epoch, a multiple of the step. */
  readonly at: number;
  readonly sent: number;
  readonly received: number;
  readonly medianMs: number | null;
  readonly p95Ms: number | null;
  /** About the agent itself. */
  readonly boundMs: number | null;
  readonly canaryMs: number | null;
  readonly lagMs: number | null;
  readonly drops: number | null;
}

/** What is usual for a pair: of the two weeks before. */
export interface Usual {
  readonly medianMs: number;
  readonly spreadMs: number;
  readonly loss: number;
  readonly lossP95: number;
}

export interface MaterialPair {
  readonly agent: string;
  readonly target: string;
  readonly usual: Usual | null;
  readonly windows: readonly MeasuredWindow[];
}

export interface MaterialAgent {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface MaterialTarget {
  readonly id: string;
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly kind: 'target' | 'gateway' | 'resolver';
}

export interface MaterialTrace {
  readonly agent: string;
  readonly target: string;
  /** ms since the epoch. */
  readonly at: number;
  /** Without the target; null where nobody answered. */
  readonly hops: readonly (string | null)[];
  readonly reached: boolean;
}

/** Everything that is stored around an incident. */
export interface Material {
  readonly name: string;
  readonly from: number;
  readonly stepMs: number;
  readonly rounds: number;
  readonly agents: readonly MaterialAgent[];
  readonly targets: readonly MaterialTarget[];
  readonly pairs: readonly MaterialPair[];
  readonly traces: readonly MaterialTrace[];
}

const US = 1000;

/** `AS64500` or `64500` as a number; anything else is no number of a system. */
const asnOf = (label: string | undefined): number | null => {
  const digits = /^(?:as)?(\d{1,10})$/i.exec(label ?? '')?.[1];
  return digits === undefined ? null : Number(digits);
};

/** Makes a case of what is stored: the same form that files have, so that the same code judges it. Pure. */
export const caseOf = (material: Material): VerdictCase => {
  const { agents, targets, from, stepMs, rounds } = material;
  const agentAt = new Map(agents.map(({ id }, i) => [id, i]));
  const targetAt = new Map(targets.map(({ id }, i) => [id, i]));
  const pairs = material.pairs.filter((pair) => agentAt.has(pair.agent) && targetAt.has(pair.target));
  const pairAt = new Map(pairs.map((pair, i) => [`${pair.agent} ${pair.target}`, i]));
  const traces = material.traces.filter((trace) => pairAt.has(`${trace.agent} ${trace.target}`));
  const hops = [...new Set(traces.flatMap((trace) => trace.hops.filter((hop) => hop !== null)))].toSorted();
  const hopAt = new Map(hops.map((hop, i) => [hop, i]));
  const nearest = (agent: string, kind: MaterialTarget['kind']): number | null => {
    const found = pairs.find((pair) => pair.agent === agent && targets[targetAt.get(pair.target) ?? -1]?.kind === kind);
    return found === undefined ? null : (targetAt.get(found.target) ?? null);
  };
  const column = (pair: MaterialPair, read: (window: MeasuredWindow) => number | null): (number | null)[] => {
    const row: (number | null)[] = Array.from({ length: rounds }, () => null);
    for (const window of pair.windows) {
      const round = Math.floor((window.at - from) / stepMs);
      if (round >= 0 && round < rounds && window.sent > 0) row[round] = read(window);
    }
    return row;
  };
  const health = (read: (window: MeasuredWindow) => number | null): (number | null)[][] =>
    agents.map(({ id }) =>
      worst(
        pairs.filter(({ agent }) => agent === id).map((pair) => column(pair, read)),
        rounds,
      ),
    );
  const us = (ms: number | null): number | null => (ms === null ? null : Math.round(ms * US));
  const label = (of: { readonly labels: Readonly<Record<string, string>> }, key: string): string | null => of.labels[key] ?? null;
  return {
    case: material.name,
    start: from / 1000,
    step: stepMs / 1000,
    rounds,
    agents: {
      id: agents.map(({ id }) => id),
      site: agents.map((agent) => label(agent, 'site')),
      asn: agents.map(({ labels }) => asnOf(labels['asn'])),
      upstream: agents.map(({ labels }) => asnOf(labels['upstream'])),
      country: agents.map((agent) => label(agent, 'country')),
      gateway: agents.map(({ id }) => nearest(id, 'gateway')),
      resolver: agents.map(({ id }) => nearest(id, 'resolver')),
      late: agents.map(() => []),
    },
    targets: {
      id: targets.map(({ id }) => id),
      kind: targets.map(({ kind }) => kind),
      address: targets.map(({ address }) => address),
      site: targets.map((target) => label(target, 'site')),
      asn: targets.map(({ labels }) => asnOf(labels['asn'])),
      country: targets.map((target) => label(target, 'country')),
    },
    pairs: {
      agent: pairs.map(({ agent }) => agentAt.get(agent) ?? 0),
      target: pairs.map(({ target }) => targetAt.get(target) ?? 0),
      base_rtt_us: pairs.map(({ usual }) => us(usual?.medianMs ?? null)),
      base_spread_us: pairs.map(({ usual }) => us(usual?.spreadMs ?? null)),
      base_loss: pairs.map(({ usual }) => usual?.loss ?? null),
      base_loss_p95: pairs.map(({ usual }) => usual?.lossP95 ?? null),
    },
    hops: { address: hops, asn: hops.map(() => null) },
    traces: {
      pair: traces.map((trace) => pairAt.get(`${trace.agent} ${trace.target}`) ?? 0),
      at: traces.map(({ at }) => at / 1000),
      hops: traces.map((trace) => trace.hops.map((hop) => (hop === null ? null : (hopAt.get(hop) ?? null)))),
      reached: traces.map(({ reached }) => (reached ? 1 : 0)),
    },
    series: {
      sent: pairs.map((pair) => column(pair, ({ sent }) => sent)),
      received: pairs.map((pair) => column(pair, ({ received }) => received)),
      rtt_median_us: pairs.map((pair) => column(pair, ({ medianMs }) => us(medianMs))),
      rtt_p95_us: pairs.map((pair) => column(pair, ({ p95Ms }) => us(p95Ms))),
    },
    health: {
      bound_us: health(({ boundMs }) => us(boundMs)),
      canary_us: health(({ canaryMs }) => us(canaryMs)),
      lag_us: health(({ lagMs }) => us(lagMs)),
      drops: health(({ drops }) => drops),
      cpu: agents.map(() => Array.from({ length: rounds }, () => null)),
      clock_step_ms: agents.map(() => Array.from({ length: rounds }, () => null)),
    },
  };
};

/** The largest of each round; null where nobody says anything. */
const worst = (rows: readonly (readonly (number | null)[])[], rounds: number): (number | null)[] =>
  Array.from({ length: rounds }, (_, round) => {
    const said = rows.flatMap((row) => row[round] ?? []);
    return said.length === 0 ? null : Math.max(...said);
  });

/** What is usual, from windows of the past: hours of two weeks, and minutes of the last ones, which wander more. `null`: too little to say. Pure. */
export const usualOf = (hours: readonly MeasuredWindow[], minutes: readonly MeasuredWindow[]): Usual | null => {
  const enough = hours.length >= HOURS_LEAST || minutes.length >= MINUTES_LEAST;
  const all = [...hours, ...minutes].filter(({ sent }) => sent > 0);
  const medians = all.flatMap(({ medianMs }) => medianMs ?? []);
  if (!enough || all.length === 0) return null;
  const sent = all.reduce((sum, window) => sum + window.sent, 0);
  const received = all.reduce((sum, window) => sum + window.received, 0);
  const losses = all.map((window) => 1 - window.received / window.sent).toSorted((a, b) => a - b);
  const middle = quantile(
    medians.toSorted((a, b) => a - b),
    0.5,
  );
  return {
    medianMs: middle,
    spreadMs: Math.hypot(deviation(hours), deviation(minutes)),
    loss: medians.length === 0 ? 1 : 1 - received / sent,
    lossP95: quantile(losses, 0.95),
  };
};

/** So many windows of the past say what is usual. */
const HOURS_LEAST = 6;
const MINUTES_LEAST = 15;

const quantile = (sorted: readonly number[], q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;

/** Standard deviation of the medians, by their median absolute deviation: one bad hour makes no wide spread. */
const deviation = (windows: readonly MeasuredWindow[]): number => {
  const medians = windows.flatMap(({ medianMs }) => medianMs ?? []).toSorted((a, b) => a - b);
  const middle = quantile(medians, 0.5);
  const off = medians.map((value) => Math.abs(value - middle)).toSorted((a, b) => a - b);
  return 1.4826 * quantile(off, 0.5);
};
