import type { VerdictCase } from '../../../controller/verdict/case.ts';
import type { Cause, Effect } from './causes.ts';
import type { Dice } from './dice.ts';
import type { Disturbances } from './disturbances.ts';
import type { Scene } from './scene.ts';

export interface PairBase {
  readonly rttUs: number;
  readonly spreadUs: number;
  readonly loss: number;
  readonly lossP95: number;
  /** What it is in this window: the hour of the day moves it. */
  readonly levelUs: number;
  readonly noiseUs: number;
  readonly lossNow: number;
  readonly bursty: boolean;
  readonly never: boolean;
}

/** The usual of each pair: links with a daily load move all pairs over them together. */
export const drawBases = (dice: Dice, { pairs, targets, world }: Scene, packets: number): PairBase[] => {
  const loaded = new Map<number, { swingUs: number; loss: number }>();
  world.routers.forEach((_, router) => {
    if (dice.chance(0.03))
      loaded.set(router, { swingUs: dice.logBetween(1500, 12_000), loss: dice.chance(0.4) ? dice.logBetween(0.005, 0.06) : 0 });
  });
  const hour = dice.fraction();
  return pairs.map((pair) => {
    const lazy = targets[pair.target]?.lazy ?? 0;
    const loads = [...new Set([...pair.forward, ...pair.back])].flatMap((router) => loaded.get(router) ?? []);
    const swingUs = loads.reduce((sum, load) => sum + load.swingUs, 0);
    const day = 0.5 + 0.5 * Math.sin(2 * Math.PI * hour);
    const ownUs = dice.logBetween(130, 500) + pair.rttUs * dice.between(0.003, 0.02);
    const spreadUs = Math.hypot(ownUs, swingUs * 0.4, lazy > 0 ? 4000 : 0);
    const steady = dice.logBetween(0.00007, 0.002) + (dice.chance(0.05) ? dice.logBetween(0.002, 0.012) : 0);
    const loadLoss = loads.reduce((sum, load) => sum + load.loss, 0);
    const loss = steady + lazy + loadLoss;
    const p95 =
      lazy > 0 ? lazy * 3 + 1 / packets : loadLoss > 0 ? loadLoss * 3.5 : loss > 0.006 ? 2 / packets : loss > 0.0025 ? 1 / packets : 0;
    return {
      rttUs: pair.rttUs,
      spreadUs,
      loss,
      lossP95: Math.round(p95 * packets) / packets,
      levelUs: pair.rttUs + swingUs * (day - 0.5) + dice.normal() * ownUs * 0.25,
      noiseUs: ownUs * dice.between(0.35, 0.75) + swingUs * 0.12 * day + (lazy > 0 ? 3500 : 0),
      lossNow: steady + lazy + loadLoss * 2.5 * day * day,
      bursty: lazy > 0 || loadLoss > 0,
      never: dice.chance(0.01),
    };
  });
};

const within = (spans: readonly (readonly [number, number, ...number[]])[], r: number): boolean =>
  spans.some(([from, to]) => r >= from && r < to);

type Row = (number | null)[];

/** Draws the rounds of every pair and the health of every agent. */
export const drawSeries = (
  dice: Dice,
  scene: Scene,
  bases: readonly PairBase[],
  causes: readonly Cause[],
  noise: Disturbances,
  rounds: number,
  packets: number,
): { series: VerdictCase['series']; health: VerdictCase['health'] } => {
  const health = drawHealth(dice, scene, causes, noise, rounds);
  const effects: readonly Effect[] = [...causes, ...noise.effects];
  const series: { sent: Row[]; received: Row[]; rtt_median_us: Row[]; rtt_p95_us: Row[] } = {
    sent: [],
    received: [],
    rtt_median_us: [],
    rtt_p95_us: [],
  };
  scene.pairs.forEach((pair, p) => {
    const base = bases[p];
    if (base === undefined) return;
    const touching = effects.filter(({ hits }) => hits.has(p));
    const shifts = noise.reroutes.filter(({ ways }) => ways.has(p));
    const rows = { sent: [] as Row, received: [] as Row, median: [] as Row, p95: [] as Row };
    let drift = 0;
    for (let r = 0; r < rounds; r++) {
      drift = 0.9 * drift + 0.25 * dice.normal();
      const silent = health.cpu[pair.agent]?.[r] === null || dice.chance(0.002);
      if (silent) {
        for (const row of Object.values(rows)) row.push(null);
        continue;
      }
      const burst = base.bursty ? Math.min(8, -Math.log(1 - dice.fraction()) * (dice.chance(0.3) ? 2 : 0.6)) : 1;
      const through = touching.reduce(
        (left, { loss, force }) => left * (1 - loss * Math.min(1, force[r] ?? 0)),
        1 - Math.min(0.9, base.lossNow * burst),
      );
      const received = base.never ? 0 : dice.binomial(packets, through);
      const busyUs =
        (health.bound_us[pair.agent]?.[r] ?? 0) * (health.busy[pair.agent]?.[r] ? dice.between(0.1, 0.6) : 0.1 * dice.fraction());
      const liftUs = touching.reduce((sum, { delayUs, force }) => sum + delayUs * (force[r] ?? 0), 0) + busyUs;
      const shiftUs = shifts.reduce((sum, { round, shiftUs: by }) => sum + (r >= round ? (by.get(p) ?? 0) : 0), 0);
      const wobbleUs = touching.reduce((sum, { wobbleUs: by, force }) => sum + by * (force[r] ?? 0), 0);
      const spike = dice.chance(0.015) ? -Math.log(1 - dice.fraction()) * (4 * base.noiseUs + 3000) : 0;
      const middle = base.levelUs + liftUs + shiftUs + (base.noiseUs + 0.25 * wobbleUs) * (dice.normal() + drift) + spike;
      const median = Math.max(30, Math.round(middle / 10) * 10);
      const tail = (base.noiseUs + wobbleUs) * -Math.log(1 - dice.fraction()) * 2 + (dice.chance(0.06) ? base.noiseUs * 10 : 0);
      rows.sent.push(packets);
      rows.received.push(received);
      rows.median.push(received === 0 ? null : median);
      rows.p95.push(received === 0 ? null : Math.round((median + Math.abs(tail) + 50) / 10) * 10);
    }
    series.sent.push(rows.sent);
    series.received.push(rows.received);
    series.rtt_median_us.push(rows.median);
    series.rtt_p95_us.push(rows.p95);
  });
  const { busy: _, ...told } = health;
  return { series, health: told };
};

const drawHealth = (
  dice: Dice,
  scene: Scene,
  causes: readonly Cause[],
  noise: Disturbances,
  rounds: number,
): VerdictCase['health'] & { busy: boolean[][] } => {
  const health = {
    bound_us: [] as Row[],
    lag_us: [] as Row[],
    canary_us: [] as Row[],
    cpu: [] as Row[],
    drops: [] as Row[],
    clock_step_ms: [] as Row[],
    busy: [] as boolean[][],
  };
  scene.agents.forEach((_, a) => {
    const own = noise.agents[a];
    const starved = causes.filter(({ where }) => where.at === 'agent' && where.agent === a);
    const canary = dice.logBetween(35, 130);
    const load = dice.between(0.05, 0.55);
    const rows = { bound: [] as Row, lag: [] as Row, canary: [] as Row, cpu: [] as Row, drops: [] as Row, step: [] as Row };
    const busyRow: boolean[] = [];
    for (let r = 0; r < rounds; r++) {
      const off = starved.some(({ kind, from }) => kind === 'agent-off' && r >= from);
      const gone = off || within(own?.missing ?? [], r);
      const starving = starved.some(({ kind, force }) => kind === 'agent-cpu' && (force[r] ?? 0) > 0);
      const grey = starving || within(own?.busy ?? [], r);
      const hiccup = dice.chance(0.01);
      const canaryUs = canary * dice.between(0.75, 1.35) * (grey ? dice.between(8, 16) : 1);
      const add = (row: Row, value: number): void => void row.push(gone ? null : value);
      busyRow.push(grey && !starving);
      add(rows.canary, Math.round(canaryUs));
      add(rows.bound, Math.round(canaryUs * dice.between(1.05, 1.35) * (grey ? 1.6 : hiccup ? 10 : 1)));
      add(rows.lag, Math.round(dice.logBetween(60, 700) * (grey ? 30 : hiccup ? 40 : 1)));
      add(rows.cpu, Math.round(Math.min(1, Math.max(0.01, (grey ? 0.92 : load) + 0.05 * dice.normal())) * 100) / 100);
      add(rows.drops, starving ? dice.whole(2, 30) : dice.chance(0.004) ? dice.whole(1, 4) : 0);
      add(rows.step, own?.clockStep?.round === r ? Math.round(own.clockStep.ms) : 0);
    }
    health.bound_us.push(rows.bound);
    health.lag_us.push(rows.lag);
    health.canary_us.push(rows.canary);
    health.cpu.push(rows.cpu);
    health.drops.push(rows.drops);
    health.clock_step_ms.push(rows.step);
    health.busy.push(busyRow);
  });
  return health;
};
