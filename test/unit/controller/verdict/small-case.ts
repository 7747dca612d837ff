import type { VerdictCase } from '../../../../controller/verdict/case.ts';

/** Something that happens to some pairs of a small case in rounds from ≤ r < to. */
export interface Happening {
  readonly from: number;
  readonly to?: number;
  readonly pairs: (pair: SmallPair) => boolean;
  /** Share of the packets. */
  readonly loss?: number;
  readonly liftUs?: number;
}

export interface SmallPair {
  readonly agent: string;
  readonly site: string;
  readonly target: string;
  readonly targetSite: string | null;
  readonly kind: 'target' | 'gateway' | 'resolver';
  /** Addresses of the hops. */
  readonly way: readonly string[];
}

export interface SmallCase {
  readonly happenings?: readonly Happening[];
  readonly rounds?: number;
  /** Agents that say nothing from this round on. */
  readonly silentFrom?: Readonly<Record<string, number>>;
  readonly late?: Readonly<Record<string, readonly [number, number, number]>>;
  /** Error bound of an agent in some rounds, µs. */
  readonly busy?: Readonly<Record<string, { readonly from: number; readonly to: number; readonly boundUs: number }>>;
  /** Traces in the window: over which hops, made in which round. */
  readonly traces?: readonly {
    readonly pair: (pair: SmallPair) => boolean;
    readonly round: number;
    readonly hops: readonly (string | null)[];
    readonly reached: boolean;
  }[];
}

const SITES = ['ams', 'ber', 'par'] as const;
const TARGET_SITES = ['nyc', 'tok'] as const;
export const START = 1_800_000_000;
const ROUNDS = 30;
const SENT = 20;

/**
 * Three sites of two agents each; two target sites of three targets each; each agent measures all of them, its gateway and its resolver. The way:
 * gateway, the provider's edge, its core, the long line to the target site (hop `line-<site>`), and the site's router.
 */
export const smallCase = ({
  happenings = [],
  rounds = ROUNDS,
  silentFrom = {},
  late = {},
  busy = {},
  traces = [],
}: SmallCase = {}): VerdictCase => {
  const agents = SITES.flatMap((site) => [1, 2].map((n) => ({ id: `${site}-${n}`, site })));
  const targets = [
    ...SITES.map((site) => ({ id: `gw-${site}`, kind: 'gateway' as const, site: site as string | null, address: `gw.${site}` })),
    { id: 'dns', kind: 'resolver' as const, site: null, address: 'dns.provider' },
    ...TARGET_SITES.flatMap((site) =>
      [1, 2, 3].map((n) => ({ id: `${site}-${n}`, kind: 'target' as const, site: site as string | null, address: `t${n}.${site}` })),
    ),
  ];
  const pairs: (SmallPair & { readonly a: number; readonly t: number })[] = [];
  agents.forEach(({ id, site }, a) => {
    targets.forEach((target, t) => {
      if (target.kind === 'gateway' && target.site !== site) return;
      const near = [`gw.${site}`, `edge.${site}`, 'core.provider'];
      const way =
        target.kind === 'gateway'
          ? []
          : target.kind === 'resolver'
            ? near
            : [...near, `line.${target.site ?? ''}`, `door.${target.site ?? ''}`];
      pairs.push({ a, t, agent: id, site, target: target.id, targetSite: target.site, kind: target.kind, way });
    });
  });
  const hops = [...new Set(pairs.flatMap(({ way }) => way))];
  const rows = pairs.map((pair, p) => row(pair, p, rounds, happenings, silentFrom[pair.agent] ?? rounds, busy[pair.agent]));
  const known = pairs.flatMap((pair, p) =>
    pair.way.length === 0 ? [] : [{ p, at: START - 7200, hops: pair.way as readonly (string | null)[], reached: true }],
  );
  const extra = traces.flatMap((trace) =>
    pairs.flatMap((pair, p) =>
      trace.pair(pair) ? [{ p, at: START + trace.round * 60 + 5, hops: trace.hops, reached: trace.reached }] : [],
    ),
  );
  const all = [...known, ...extra];
  for (const hop of extra.flatMap((trace) => trace.hops)) if (hop !== null && !hops.includes(hop)) hops.push(hop);
  const health = (agent: string, value: (round: number) => number): (number | null)[] =>
    Array.from({ length: rounds }, (_, r) => (r >= (silentFrom[agent] ?? rounds) ? null : value(r)));
  const each = (value: (agent: string, round: number) => number): (number | null)[][] =>
    agents.map(({ id }) => health(id, (r) => value(id, r)));
  const isBusy = (agent: string, r: number): boolean => {
    const span = busy[agent];
    return span !== undefined && r >= span.from && r < span.to;
  };
  return {
    case: 'small',
    start: START,
    step: 60,
    rounds,
    agents: {
      id: agents.map(({ id }) => id),
      site: agents.map(({ site }) => site),
      asn: agents.map(() => 64_500),
      upstream: agents.map(() => 64_501),
      country: agents.map(() => null),
      gateway: agents.map(({ site }) => targets.findIndex(({ id }) => id === `gw-${site}`)),
      resolver: agents.map(() => targets.findIndex(({ kind }) => kind === 'resolver')),
      late: agents.map(({ id }) => {
        const span = late[id];
        return span === undefined ? [] : [[...span]];
      }),
    },
    targets: {
      id: targets.map(({ id }) => id),
      kind: targets.map(({ kind }) => kind),
      address: targets.map(({ address }) => address),
      site: targets.map(({ site }) => site),
      asn: targets.map(() => null),
      country: targets.map(() => null),
    },
    pairs: {
      agent: pairs.map(({ a }) => a),
      target: pairs.map(({ t }) => t),
      base_rtt_us: pairs.map((pair) => baseUs(pair)),
      base_spread_us: pairs.map(() => 400),
      base_loss: pairs.map(() => 0.0005),
      base_loss_p95: pairs.map(() => 0),
    },
    hops: { address: hops, asn: hops.map((hop) => (hop.startsWith('line.') ? 64_600 : hop.startsWith('door.') ? 64_700 : 64_500)) },
    traces: {
      pair: all.map(({ p }) => p),
      at: all.map(({ at }) => at),
      hops: all.map((trace) => trace.hops.map((hop) => (hop === null ? null : hops.indexOf(hop)))),
      reached: all.map(({ reached }) => (reached ? 1 : 0)),
    },
    series: {
      sent: rows.map(({ sent }) => sent),
      received: rows.map(({ received }) => received),
      rtt_median_us: rows.map(({ median }) => median),
      rtt_p95_us: rows.map(({ median }) => median.map((value) => (value === null ? null : value + 500))),
    },
    health: {
      bound_us: each((agent, r) => (isBusy(agent, r) ? (busy[agent]?.boundUs ?? 0) : 80)),
      lag_us: each((agent, r) => (isBusy(agent, r) ? 12_000 : 200)),
      canary_us: each((agent, r) => (isBusy(agent, r) ? 1500 : 60)),
      cpu: each((agent, r) => (isBusy(agent, r) ? 0.95 : 0.2)),
      drops: each(() => 0),
      clock_step_ms: each(() => 0),
    },
  };
};

const baseUs = ({ kind, targetSite }: SmallPair): number =>
  kind === 'gateway' ? 400 : kind === 'resolver' ? 1500 : targetSite === 'nyc' ? 80_000 : 220_000;

type Cells = (number | null)[];

/** Wanders a little, by a fixed rule: no two runs differ. */
const row = (
  pair: SmallPair,
  p: number,
  rounds: number,
  happenings: readonly Happening[],
  silentFrom: number,
  busy: { readonly from: number; readonly to: number; readonly boundUs: number } | undefined,
): { sent: Cells; received: Cells; median: Cells } => {
  const cells = { sent: [] as Cells, received: [] as Cells, median: [] as Cells };
  for (let r = 0; r < rounds; r++) {
    if (r >= silentFrom) {
      for (const column of Object.values(cells)) column.push(null);
      continue;
    }
    const acting = happenings.filter(({ from, to = rounds, pairs }) => r >= from && r < to && pairs(pair));
    const left = acting.reduce((share, { loss = 0 }) => share * (1 - loss), 1);
    const wander = ((p * 7919 + r * 104_729) % 97) / 97 - 0.5;
    // A fraction of a packet is lost in as many rounds as it says.
    const lost = SENT * (1 - left) + wander * Math.min(2, 4 * SENT * (1 - left) * left);
    const received = left === 0 ? 0 : Math.max(0, SENT - Math.max(0, Math.round(lost)));
    const liftUs =
      acting.reduce((sum, { liftUs: by = 0 }) => sum + by, 0) +
      (busy !== undefined && r >= busy.from && r < busy.to ? busy.boundUs * 0.8 : 0);
    cells.sent.push(SENT);
    cells.received.push(received);
    cells.median.push(received === 0 ? null : Math.round(baseUs(pair) + liftUs + wander * 500));
  }
  return cells;
};
