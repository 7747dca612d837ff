import * as z from 'zod';

const Index = z.int().nonnegative();
const Share = z.number().min(0).max(1);
const Text = z.string().min(1).max(255);
const Asn = z.int().nullable();
/** For each pair or agent one row, for each round one value; `null`: no data, or nothing received. */
const Rows = z.array(z.array(z.number().nullable()));

/**
 * What a controller knows when a window ends: one verdict case, columnar (agents, targets, pairs and hops are meant by index). Times are seconds
 * since 1970, RTTs µs. The same form is read from files and built from stored series around a live incident.
 */
export const VerdictCase = z
  .object({
    case: Text,
    start: z.number(),
    step: z.number().positive(),
    rounds: z.int().min(1).max(2000),
    agents: z.object({
      id: z.array(Text),
      site: z.array(z.string().nullable()),
      asn: z.array(Asn),
      upstream: z.array(Asn),
      country: z.array(z.string().nullable()),
      gateway: z.array(Index.nullable()),
      resolver: z.array(Index.nullable()),
      /** `[from, to, arrived]`: rounds from ≤ r < to came only in round arrived. */
      late: z.array(z.array(z.tuple([z.number(), z.number(), z.number().nullable()]))),
    }),
    targets: z.object({
      id: z.array(Text),
      kind: z.array(z.enum(['target', 'gateway', 'resolver'])),
      address: z.array(z.string().nullable()),
      site: z.array(z.string().nullable()),
      asn: z.array(Asn),
      country: z.array(z.string().nullable()),
    }),
    /** `base_*`: over 14 days; the spread is the standard deviation of the rounds' medians. */
    pairs: z.object({
      agent: z.array(Index),
      target: z.array(Index),
      base_rtt_us: z.array(z.number().nullable()),
      base_spread_us: z.array(z.number().nullable()),
      base_loss: z.array(Share.nullable()),
      base_loss_p95: z.array(Share.nullable()),
    }),
    hops: z.object({ address: z.array(Text), asn: z.array(Asn) }),
    traces: z.object({
      pair: z.array(Index),
      at: z.array(z.number()),
      hops: z.array(z.array(Index.nullable())),
      reached: z.array(z.union([z.literal(0), z.literal(1)])),
    }),
    series: z.object({ sent: Rows, received: Rows, rtt_median_us: Rows, rtt_p95_us: Rows }),
    health: z.object({ bound_us: Rows, lag_us: Rows, canary_us: Rows, cpu: Rows, drops: Rows, clock_step_ms: Rows }),
  })
  .superRefine((value, context) => {
    for (const { path, message } of misfits(value)) context.addIssue({ code: 'custom', path: [...path], message });
  });
export type VerdictCase = z.infer<typeof VerdictCase>;

interface Misfit {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Columns that differ in length, and indices that point nowhere. */
const misfits = (value: {
  readonly rounds: number;
  readonly agents: Readonly<Record<string, readonly unknown[]>>;
  readonly targets: Readonly<Record<string, readonly unknown[]>>;
  readonly pairs: Readonly<Record<string, readonly unknown[]>>;
  readonly hops: Readonly<Record<string, readonly unknown[]>>;
  readonly traces: Readonly<Record<string, readonly unknown[]>>;
  readonly series: Readonly<Record<string, readonly (readonly unknown[])[]>>;
  readonly health: Readonly<Record<string, readonly (readonly unknown[])[]>>;
}): Misfit[] => {
  const agents = value.agents['id']?.length ?? 0;
  const targets = value.targets['id']?.length ?? 0;
  const pairs = value.pairs['agent']?.length ?? 0;
  const hops = value.hops['address']?.length ?? 0;
  const found: Misfit[] = [];
  const columns = (name: string, table: Readonly<Record<string, readonly unknown[]>>, wanted: number): void => {
    for (const [column, cells] of Object.entries(table))
      if (cells.length !== wanted) found.push({ path: [name, column], message: `has ${cells.length} entries where ${wanted} are wanted` });
  };
  const indices = (name: string, column: string, cells: readonly unknown[], below: number): void => {
    const at = cells.findIndex((cell) => typeof cell === 'number' && cell >= below);
    if (at >= 0) found.push({ path: [name, column, at], message: `is ${String(cells[at])}, but there are only ${below}` });
  };
  columns('agents', value.agents, agents);
  columns('targets', value.targets, targets);
  columns('pairs', value.pairs, pairs);
  columns('hops', value.hops, hops);
  columns('traces', value.traces, value.traces['pair']?.length ?? 0);
  columns('series', value.series, pairs);
  columns('health', value.health, agents);
  indices('agents', 'gateway', value.agents['gateway'] ?? [], targets);
  indices('agents', 'resolver', value.agents['resolver'] ?? [], targets);
  indices('pairs', 'agent', value.pairs['agent'] ?? [], agents);
  indices('pairs', 'target', value.pairs['target'] ?? [], targets);
  indices('traces', 'pair', value.traces['pair'] ?? [], pairs);
  for (const path of value.traces['hops'] ?? []) if (Array.isArray(path)) indices('traces', 'hops', path, hops);
  for (const name of ['series', 'health'] as const)
    for (const [column, rows] of Object.entries(value[name])) {
      const at = rows.findIndex((row) => row.length !== value.rounds);
      if (at >= 0)
        found.push({ path: [name, column, at], message: `has ${rows[at]?.length ?? 0} rounds where ${value.rounds} are wanted` });
    }
  return found;
};
